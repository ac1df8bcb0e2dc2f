// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"
	"time"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// The layouts of the special types. A type that is registered for one of them
// must have the same underlying type.
type (
	// Moment is the layout of a time; the zero time is an absent one.
	Moment struct{ time.Time }
	// IntOrString is the layout of a number or a string: Kind is 0 if
	// absent, 1 for the number, 2 for the string, as in a record.
	IntOrString struct {
		Kind uint8
		Int  int64
		Text string
	}
	// Pair is the layout of the elements of a pair list, a map[string]string
	// that keeps its entries in a slice.
	Pair struct{ Key, Value string }
)

// Special says which layout a registered type has.
type Special uint8

// The special layouts.
const (
	None         Special = iota
	RawText              // a string that holds JSON text
	Timestamp            // Moment, written with seconds
	MicroTime            // Moment, written with microseconds
	NumberOrText         // IntOrString
	Pairs                // []Pair
)

var specials = map[reflect.Type]Special{}

// embeddings names the JSON object under which the fields of a registered
// struct type go when it is embedded without a tag.
var embeddings = map[reflect.Type]string{}

// RegisterSpecial declares the layout of a type. Call it while initialising.
func RegisterSpecial(t reflect.Type, s Special) { specials[t] = s }

// RegisterEmbedding declares that t, embedded without a tag, holds fields of
// the JSON object name. Call it while initialising.
func RegisterEmbedding(t reflect.Type, name string) { embeddings[t] = name }

func (s Special) kind() record.Kind {
	switch s {
	case RawText:
		return record.Raw
	case Timestamp, MicroTime:
		return record.Time
	case NumberOrText:
		return record.IntOrString
	case Pairs:
		return record.Map
	}
	return record.Invalid
}

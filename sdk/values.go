// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"reflect"
	"strconv"

	"github.com/wasm-controller-manager/wcm/sdk/internal/plan"
)

// Raw is a whole subtree of an object as JSON text, a pod template for
// example. Empty means absent.
type Raw string

// Decode sets what to points to from the JSON text. The type follows the same
// rules as that of a [Resource]; what the text does not have stays as it is.
// It is for answers of subresources and for a look into a subtree: what is
// read of every object is better a field of its type.
func (r Raw) Decode(to any) error { return plan.ParseJSON(string(r), to) }

// JSON returns v as JSON text, written as the objects of a write are.
func JSON(v any) (Raw, error) {
	b, err := plan.AppendJSON(nil, v)
	return Raw(b), err
}

// IntOrString is a number or a text, a port or a percentage for example. The
// zero value is an absent one.
type IntOrString struct {
	Kind IntOrStringKind
	Int  int64  // if Kind is IsInt
	Text string // if Kind is IsText
}

// IntOrStringKind says what an [IntOrString] holds.
type IntOrStringKind uint8

// The kinds of an IntOrString.
const (
	IsAbsent IntOrStringKind = 0
	IsInt    IntOrStringKind = 1
	IsText   IntOrStringKind = 2
)

// FromInt returns the number v.
func FromInt(v int64) IntOrString { return IntOrString{Kind: IsInt, Int: v} }

// FromText returns the text s.
func FromText(s string) IntOrString { return IntOrString{Kind: IsText, Text: s} }

// String returns the text, or the number in decimal.
func (v IntOrString) String() string {
	if v.Kind == IsInt {
		return strconv.FormatInt(v.Int, 10)
	}
	return v.Text
}

// Ptr returns a pointer to a copy of v, for optional fields.
func Ptr[T any](v T) *T { return &v }

func init() {
	plan.RegisterSpecial(reflect.TypeFor[Raw](), plan.RawText)
	plan.RegisterSpecial(reflect.TypeFor[Time](), plan.Timestamp)
	plan.RegisterSpecial(reflect.TypeFor[MicroTime](), plan.MicroTime)
	plan.RegisterSpecial(reflect.TypeFor[IntOrString](), plan.NumberOrText)
	plan.RegisterSpecial(reflect.TypeFor[Labels](), plan.Pairs)
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

var (
	valuesShape      = record.Shape{Kind: record.List, Elem: &stringShape}
	expressionsShape = record.Shape{Kind: record.List, Elem: &record.Shape{Kind: record.Struct}}
)

// isSelector reports whether values of the shape can be read as a selector: a
// map of labels, a LabelSelector, or either as raw JSON.
func isSelector(s *record.Shape) bool {
	if s == nil {
		return false
	}
	switch s.Kind {
	case record.Raw:
		return true
	case record.Map:
		return s.Elem.Kind == record.String
	case record.Struct:
		return shapeAt(s, "matchLabels") != nil || shapeAt(s, "matchExpressions") != nil
	}
	return false
}

// selects reports whether the selector at the start of b matches the labels.
// A map without entries selects nothing, as for a Service; a LabelSelector
// without requirements selects everything.
func selects(b []byte, s *record.Shape, labels labelSet) bool {
	switch s.Kind {
	case record.Map:
		n, all := matchesMap(b, s, labels)
		return n > 0 && all
	case record.Struct:
		return selectsStruct(b, s, labels)
	case record.Raw:
		return selectsRaw(text(b, s.Kind), labels)
	}
	return false
}

// matchesMap returns how many labels are wanted and whether all are there.
func matchesMap(b []byte, s *record.Shape, labels labelSet) (n int, all bool) {
	n, b, err := record.CutCount(b)
	for range n {
		if err != nil {
			return n, false
		}
		var key []byte
		if key, b, err = record.CutBytes(b); err != nil {
			return n, false
		}
		value, ok := labels.find(alias(key))
		if !ok || string(value) != string(text(b, s.Elem.Kind)) {
			return n, false
		}
		b, err = record.Skip(b, s.Elem)
	}
	return n, err == nil
}

func selectsStruct(b []byte, s *record.Shape, labels labelSet) bool {
	if value, at, ok := seek(b, required(s), "matchLabels", &labelsShape); ok {
		if _, all := matchesMap(value, at, labels); !all {
			return false
		}
	}
	value, at, ok := seek(b, required(s), "matchExpressions", &expressionsShape)
	if !ok {
		return true
	}
	n, value, err := record.CutCount(value)
	for ; n > 0 && err == nil; n-- {
		if !matchesExpression(value, at.Elem, labels) {
			return false
		}
		value, err = record.Skip(value, at.Elem)
	}
	return err == nil
}

// required returns the shape of a value whose presence byte has been read.
func required(s *record.Shape) *record.Shape {
	if !s.Optional {
		return s
	}
	r := *s
	r.Optional = false
	return &r
}

func matchesExpression(b []byte, s *record.Shape, labels labelSet) bool {
	value, has := labels.find(string(textAt(b, s, "key", &stringShape)))
	switch metav1.LabelSelectorOperator(textAt(b, s, "operator", &stringShape)) {
	case metav1.LabelSelectorOpExists:
		return has
	case metav1.LabelSelectorOpDoesNotExist:
		return !has
	case metav1.LabelSelectorOpIn:
		return has && contains(b, s, value)
	case metav1.LabelSelectorOpNotIn:
		return !has || !contains(b, s, value)
	}
	return false
}

// contains reports whether the values of an expression have the value.
func contains(b []byte, s *record.Shape, value []byte) bool {
	b, at, ok := seek(b, s, "values", &valuesShape)
	if !ok {
		return false
	}
	n, b, err := record.CutCount(b)
	for ; n > 0 && err == nil; n-- {
		if string(text(b, at.Elem.Kind)) == string(value) {
			return true
		}
		b, err = record.Skip(b, at.Elem)
	}
	return false
}

// selectsRaw reads the JSON of a LabelSelector, or of a map of labels.
func selectsRaw(raw []byte, labels labelSet) bool {
	plain := map[string]string{}
	if json.Unmarshal(raw, &plain) == nil {
		for key, value := range plain {
			if got, ok := labels.find(key); !ok || string(got) != value {
				return false
			}
		}
		return len(plain) > 0
	}
	full := metav1.LabelSelector{}
	if json.Unmarshal(raw, &full) != nil {
		return false
	}
	selector, err := metav1.LabelSelectorAsSelector(&full)
	return err == nil && selector.Matches(labels)
}

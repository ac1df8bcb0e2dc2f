// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"fmt"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Selector reads a label selector in bodies of a shape and matches labels
// against it. It takes what API types have: a map of labels (Service,
// ReplicationController), a LabelSelector {matchLabels, matchExpressions}
// (ReplicaSet, PodDisruptionBudget), or either of them as Raw JSON.
type Selector struct {
	form        selectorForm
	at          *locator // to the selector
	labels      *locator // to the map: the selector or its matchLabels
	expressions *locator // to matchExpressions
	fields      expressionFields
}

type selectorForm uint8

const (
	selectorMap selectorForm = iota
	selectorStruct
	selectorRaw
)

// expressionFields are the places of the fields in a match expression.
type expressionFields struct{ key, operator, values int }

// NewSelector returns a reader of the selector at the path, "spec.selector"
// for example. It is an error if the shape, which must be valid, has no
// selector there in one of the three forms; [SelectorShape] says what to add.
func NewSelector(shape *record.Shape, path string) (*Selector, error) {
	for _, form := range []selectorForm{selectorStruct, selectorMap, selectorRaw} {
		s := &Selector{form: form}
		at, err := newLocator(shape, path, s.accept)
		if err != nil {
			continue
		}
		s.at, s.labels = at, at
		if form == selectorStruct {
			s.labels, _ = newLocator(shape, join(path, "matchLabels"), isTextMap)
			s.expressions, _ = newLocator(shape, join(path, "matchExpressions"), s.acceptExpressions)
		}
		return s, nil
	}
	return nil, fmt.Errorf("field %s is no label selector in the shape %s", path, shape)
}

func (s *Selector) accept(shape *record.Shape, rest string) bool {
	switch {
	case rest != "":
		return false
	case s.form == selectorMap:
		return isTextMap(shape, "")
	case s.form == selectorRaw:
		return shape.Kind == record.Raw
	}
	_, noLabels := newLocator(shape, "matchLabels", isTextMap)
	_, noExpressions := newLocator(shape, "matchExpressions", s.acceptExpressions)
	return noLabels == nil && noExpressions == nil
}

func (s *Selector) acceptExpressions(shape *record.Shape, rest string) bool {
	if rest != "" || shape.Kind != record.List || shape.Elem.Kind != record.Struct {
		return false
	}
	s.fields = expressionFields{-1, -1, -1}
	for i, f := range shape.Elem.Fields {
		switch {
		case f.Name == "key" && f.Kind == record.String:
			s.fields.key = i
		case f.Name == "operator" && f.Kind == record.String:
			s.fields.operator = i
		case f.Name == "values" && f.Kind == record.List && f.Elem.Kind == record.String:
			s.fields.values = i
		}
	}
	return min(s.fields.key, s.fields.operator, s.fields.values) >= 0
}

// Matches reports whether the selector of the body takes the labels. As in
// Kubernetes, an absent selector and an empty map take nothing, an empty
// LabelSelector takes everything, unless the shape cannot tell it from an
// absent one. A selector that is not understood takes nothing. Safe for
// concurrent use.
func (s *Selector) Matches(body []byte, labels Entries) bool {
	i := s.at.locate(body)
	if i < 0 {
		return false
	}
	switch s.form {
	case selectorRaw:
		text, _, err := record.CutBytes(body[i:])
		return err == nil && len(text) > 0 && matchRaw(text, labels)
	case selectorMap:
		want := s.labels.entries(body)
		return want.Len() > 0 && hasAll(want, labels)
	}
	want := s.labels.entries(body)
	all, any := s.matchExpressions(body, labels)
	if want.Len() == 0 && !any && !s.at.steps[len(s.at.steps)-1].optional {
		return false
	}
	return all && hasAll(want, labels)
}

// hasAll reports whether every entry of want is among the labels.
func hasAll(want, labels Entries) bool {
	for key, value := range want.All() {
		got, ok := labels.Lookup(string(key))
		if !ok || string(got) != string(value) {
			return false
		}
	}
	return true
}

// matchExpressions reports whether all expressions hold, and whether there is
// any.
func (s *Selector) matchExpressions(body []byte, labels Entries) (all, any bool) {
	i := s.expressions.locate(body)
	if i < 0 {
		return true, false
	}
	n, rest, err := record.CutCount(body[i:])
	if err != nil {
		return false, true
	}
	i = len(body) - len(rest)
	elem := s.expressions.shape.Elem
	for range n {
		end := skipRecord(body, i, elem)
		if end < 0 || !s.matchExpression(body[i:end], elem, labels) {
			return false, true
		}
		i = end
	}
	return true, n > 0
}

func (s *Selector) matchExpression(value []byte, elem *record.Shape, labels Entries) bool {
	i := 0
	if elem.Optional {
		if i = 1; value[0] == 0 {
			return false
		}
	}
	var key, operator, values []byte
	for f := range elem.Fields {
		end := skipRecord(value, i, &elem.Fields[f].Shape)
		switch f {
		case s.fields.key:
			key, _, _ = cutOptionalText(value[i:end], &elem.Fields[f].Shape)
		case s.fields.operator:
			operator, _, _ = cutOptionalText(value[i:end], &elem.Fields[f].Shape)
		case s.fields.values:
			values = value[i:end]
		}
		i = end
	}
	got, has := labels.Lookup(string(key))
	switch string(operator) {
	case "In":
		return has && contains(values, &elem.Fields[s.fields.values].Shape, got)
	case "NotIn":
		return !has || !contains(values, &elem.Fields[s.fields.values].Shape, got)
	case "Exists":
		return has
	case "DoesNotExist":
		return !has
	}
	return false
}

// contains reports whether the list of strings has the text.
func contains(list []byte, s *record.Shape, text []byte) bool {
	if s.Optional {
		if list[0] == 0 {
			return false
		}
		list = list[1:]
	}
	n, rest, _ := record.CutCount(list)
	for range n {
		var value []byte
		if value, rest, _ = cutOptionalText(rest, s.Elem); string(value) == string(text) {
			return true
		}
	}
	return false
}

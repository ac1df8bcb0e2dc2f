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
	at          *locator // to the selector
	labels      *locator // from a LabelSelector to its matchLabels; nil: not read
	expressions *locator // from there to its matchExpressions; nil: not read
	fields      expressionFields
	absent      bool // what an absent selector matches
}

// expressionFields are the places of the fields in a match expression.
type expressionFields struct{ key, operator, values int }

// NewSelector returns a reader of the selector at the path, "spec.selector"
// for example. It is read as what [FieldAt] says of the projection that wants
// it: of several fields the one of its kind, and of a LabelSelector the parts
// that the projection has. It is an error if the shape, which must be valid,
// has no such field, or if it is no selector.
func NewSelector(shape *record.Shape, path string, as record.Shape) (*Selector, error) {
	s := &Selector{absent: as.Kind == record.Struct && !as.Optional}
	var err error
	s.at, err = newLocator(shape, path, func(at *record.Shape, rest string) bool {
		return rest == "" && at.Signature() == as.Signature()
	})
	if err != nil {
		return nil, err
	}
	if as.Kind == record.Struct {
		s.labels = s.part(as, "matchLabels", isTextMap)
		s.expressions = s.part(as, "matchExpressions", s.fields.accept)
	}
	if as.Kind != record.Raw && !isTextMap(&as, "") && s.labels == nil && s.expressions == nil {
		return nil, fmt.Errorf("field %s is no label selector in the shape %s", path, shape)
	}
	return s, nil
}

// part returns a locator of the field of a LabelSelector, nil if the
// projection's form of it has no such field.
func (s *Selector) part(as record.Shape, name string, accept func(*record.Shape, string) bool) *locator {
	if _, err := newLocator(&as, name, accept); err != nil {
		return nil
	}
	l, _ := newLocator(s.at.shape, name, accept)
	return l
}

func (e *expressionFields) accept(shape *record.Shape, rest string) bool {
	if rest != "" || shape.Kind != record.List || shape.Elem.Kind != record.Struct {
		return false
	}
	*e = expressionFields{-1, -1, -1}
	for i, f := range shape.Elem.Fields {
		switch {
		case f.Name == "key" && f.Kind == record.String:
			e.key = i
		case f.Name == "operator" && f.Kind == record.String:
			e.operator = i
		case f.Name == "values" && f.Kind == record.List && f.Elem.Kind == record.String:
			e.values = i
		}
	}
	return min(e.key, e.operator, e.values) >= 0
}

// Matches reports whether the selector of the body takes the labels, by the
// rules of Kubernetes. A map without entries takes nothing and so does an absent
// one, as for a Service. A LabelSelector without requirements takes everything,
// an absent one nothing, as for a PodDisruptionBudget; but where the projection
// has it not optional, absent is empty, as for a NetworkPolicy. A selector that
// is invalid takes nothing. Safe for concurrent use.
func (s *Selector) Matches(body []byte, labels Entries) bool {
	i := s.at.locate(body)
	if i < 0 {
		return s.absent
	}
	body = body[i:]
	switch s.at.shape.Kind {
	case record.Raw:
		text, _, err := record.CutBytes(body)
		return err == nil && len(text) > 0 && matchRaw(text, labels)
	case record.Map:
		want := Entries{bytes: body, elem: s.at.shape.Elem}
		return want.Len() > 0 && hasAll(want, labels)
	}
	return (s.labels == nil || hasAll(s.labels.entries(body), labels)) &&
		(s.expressions == nil || s.matchExpressions(body, labels))
}

// hasAll reports whether every entry of want is among the labels.
func hasAll(want, labels Entries) bool {
	for key, value := range want.All() {
		got, ok := find(labels, key)
		if !ok || string(got) != string(value) {
			return false
		}
	}
	return true
}

// matchExpressions reports whether all expressions hold.
func (s *Selector) matchExpressions(body []byte, labels Entries) bool {
	i := s.expressions.locate(body)
	if i < 0 {
		return true
	}
	n, rest, err := record.CutCount(body[i:])
	if err != nil {
		return false
	}
	i = len(body) - len(rest)
	elem := s.expressions.shape.Elem
	for range n {
		end := skipRecord(body, i, elem)
		if end < 0 || !s.fields.match(body[i:end], elem, labels) {
			return false
		}
		i = end
	}
	return true
}

// match reports whether the expression, of which value consists, holds.
func (e *expressionFields) match(value []byte, elem *record.Shape, labels Entries) bool {
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
		case e.key:
			key, _, _ = cutOptionalText(value[i:end], &elem.Fields[f].Shape)
		case e.operator:
			operator, _, _ = cutOptionalText(value[i:end], &elem.Fields[f].Shape)
		case e.values:
			values = value[i:end]
		}
		i = end
	}
	got, has := find(labels, key)
	n, found := contains(values, &elem.Fields[e.values].Shape, got)
	switch string(operator) {
	case "In":
		return has && found
	case "NotIn":
		return n > 0 && (!has || !found)
	case "Exists":
		return n == 0 && has
	case "DoesNotExist":
		return n == 0 && !has
	}
	return false
}

// contains returns how many strings the list has, and whether the text is one
// of them.
func contains(list []byte, s *record.Shape, text []byte) (n int, found bool) {
	if s.Optional {
		if list[0] == 0 {
			return 0, false
		}
		list = list[1:]
	}
	n, rest, _ := record.CutCount(list)
	for range n {
		var value []byte
		if value, rest, _ = cutOptionalText(rest, s.Elem); string(value) == string(text) {
			return n, true
		}
	}
	return n, false
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"slices"
	"strings"
)

// Selector selects objects by their labels; all requirements must hold. The
// zero Selector selects everything.
type Selector struct {
	requirements []Requirement
	nothing      bool
}

// Operator is how a [Requirement] compares.
type Operator string

// The operators.
const (
	In           Operator = "In"
	NotIn        Operator = "NotIn" // also objects without the label
	Exists       Operator = "Exists"
	DoesNotExist Operator = "DoesNotExist"
)

// Requirement is one condition on a label. In JSON it is an element of the
// matchExpressions of a LabelSelector.
type Requirement struct {
	Key      string   `json:"key"`
	Operator Operator `json:"operator"`
	Values   []string `json:"values,omitempty"`
}

// LabelSelector is the selector of newer kinds, a field of author's types.
type LabelSelector struct {
	MatchLabels      Labels        `json:"matchLabels,omitempty"`
	MatchExpressions []Requirement `json:"matchExpressions,omitempty"`
}

// SelectorOf selects the objects that have all of the labels.
func SelectorOf(labels Labels) Selector {
	requirements := make([]Requirement, len(labels))
	for i, label := range labels {
		requirements[i] = Requirement{Key: label.Key, Operator: In, Values: []string{label.Value}}
	}
	return Selector{requirements: requirements}
}

// Selector returns what the field selects: nothing if it is nil, everything
// if it is empty, as Kubernetes has it. One that is invalid selects nothing.
func (s *LabelSelector) Selector() Selector {
	if s == nil {
		return Selector{nothing: true}
	}
	selector := SelectorOf(s.MatchLabels)
	for _, r := range s.MatchExpressions {
		selector.nothing = selector.nothing || !r.valid()
		selector.requirements = append(selector.requirements, r)
	}
	return selector
}

func (r *Requirement) valid() bool {
	switch r.Operator {
	case In, NotIn:
		return len(r.Values) > 0
	case Exists, DoesNotExist:
		return len(r.Values) == 0
	}
	return false
}

// Empty reports whether the selector selects everything.
func (s Selector) Empty() bool { return len(s.requirements) == 0 && !s.nothing }

// Matches reports whether the selector selects an object with these labels.
func (s Selector) Matches(labels Labels) bool {
	if s.nothing {
		return false
	}
	for i := range s.requirements {
		if !s.requirements[i].matches(labels) {
			return false
		}
	}
	return true
}

func (r *Requirement) matches(labels Labels) bool {
	value, found := labels.Lookup(r.Key)
	switch r.Operator {
	case In:
		return found && slices.Contains(r.Values, value)
	case NotIn:
		return !found || !slices.Contains(r.Values, value)
	case Exists:
		return found
	}
	return !found // DoesNotExist
}

// String returns the selector in the syntax of kubectl, "app=web,tier in (a,b)".
func (s Selector) String() string {
	if s.nothing { // a label cannot be there and not be there
		return "kubernetes.io/nothing,!kubernetes.io/nothing"
	}
	var b strings.Builder
	for i := range s.requirements {
		if i > 0 {
			b.WriteByte(',')
		}
		s.requirements[i].render(&b)
	}
	return b.String()
}

func (r *Requirement) render(b *strings.Builder) {
	switch {
	case r.Operator == Exists:
		b.WriteString(r.Key)
	case r.Operator == DoesNotExist:
		b.WriteString("!" + r.Key)
	case r.Operator == In && len(r.Values) == 1:
		b.WriteString(r.Key + "=" + r.Values[0])
	case r.Operator == NotIn:
		b.WriteString(r.Key + " notin (" + strings.Join(r.Values, ",") + ")")
	default:
		b.WriteString(r.Key + " in (" + strings.Join(r.Values, ",") + ")")
	}
}

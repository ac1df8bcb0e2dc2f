// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"slices"
	"strings"
)

// Label is one key with its value.
type Label struct{ Key, Value string }

// Labels are labels or annotations. They are a slice instead of a map because
// objects have few of them and a map is the most expensive thing to decode.
// Those that were read ascend by key; the methods ask for no order.
type Labels []Label

// LabelsOf returns the entries of m, ascending by key.
func LabelsOf(m map[string]string) Labels {
	labels := make(Labels, 0, len(m))
	for key, value := range m {
		labels = append(labels, Label{key, value})
	}
	slices.SortFunc(labels, func(a, b Label) int { return strings.Compare(a.Key, b.Key) })
	return labels
}

// Lookup returns the value of a key and whether there is one.
func (l Labels) Lookup(key string) (value string, found bool) {
	for i := range l {
		if l[i].Key == key {
			return l[i].Value, true
		}
	}
	return "", false
}

// Get returns the value of a key, empty if there is none.
func (l Labels) Get(key string) string {
	value, _ := l.Lookup(key)
	return value
}

// Has reports whether there is a value of the key.
func (l Labels) Has(key string) bool {
	_, found := l.Lookup(key)
	return found
}

// With returns a copy in which the key has the value.
func (l Labels) With(key, value string) Labels {
	return append(l.Without(key), Label{key, value})
}

// Without returns a copy that does not have the key.
func (l Labels) Without(key string) Labels {
	without := make(Labels, 0, len(l)+1)
	for _, label := range l {
		if label.Key != key {
			without = append(without, label)
		}
	}
	return without
}

// Contains reports whether l has every entry of other.
func (l Labels) Contains(other Labels) bool {
	for _, label := range other {
		if value, found := l.Lookup(label.Key); !found || value != label.Value {
			return false
		}
	}
	return true
}

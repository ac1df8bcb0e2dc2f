// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import "github.com/wasm-controller-manager/wcm/sdk/internal/plan"

// items are the records of a list result, an [abi.ListResult], which is read
// in place: a slice of its items would take more room than many of them.
type items struct {
	message string
	count   int
}

// The tags of the fields of ListResult, items = 1 and continue = 2, and the
// wire type of both.
const (
	itemTag     = 1<<3 | textWire
	continueTag = 2<<3 | textWire
	textWire    = 2
)

// splitList checks a list result and returns its continue token. A field that
// a later version adds is passed over.
func splitList(message string) (all items, next string, ok bool) {
	all.message = message
	for rest := message; rest != ""; {
		tag := rest[0]
		value, behind, cut := plan.CutText(rest[1:])
		if !cut || tag&7 != textWire {
			return items{}, "", false
		}
		switch tag {
		case itemTag:
			all.count++
		case continueTag:
			next = value
		}
		rest = behind
	}
	return all, next, true
}

// each yields the records in turn.
func (s items) each(yield func(rec string) bool) {
	for rest := s.message; rest != ""; {
		tag := rest[0]
		rec, behind, _ := plan.CutText(rest[1:])
		if tag == itemTag && !yield(rec) {
			return
		}
		rest = behind
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import "github.com/wasm-controller-manager/wcm/sdk"

// equalJSON reports whether two JSON texts are the same value. An absent
// member, null and an empty list are one. It looks only into what differs, so
// comparing two large values that differ in one place is cheap.
func equalJSON(a, b sdk.Raw) bool {
	if a == b {
		return true
	}
	if blank(a) || blank(b) {
		return blank(a) && blank(b)
	}
	if a[0] != b[0] {
		return false
	}
	switch a[0] {
	case '{':
		return equalObjects(a, b)
	case '[':
		return equalLists(a, b)
	case '"':
		return equalTexts(a, b)
	}
	return false
}

func blank(v sdk.Raw) bool { return v == "" || v == "null" || v == "[]" }

func equalObjects(a, b sdk.Raw) bool {
	am, aok := membersOf(a)
	bm, bok := membersOf(b)
	if !aok || !bok {
		return false
	}
	for name, value := range am {
		if !equalJSON(value, bm[name]) {
			return false
		}
	}
	for name, value := range bm {
		if _, found := am[name]; !found && !blank(value) {
			return false
		}
	}
	return true
}

func equalLists(a, b sdk.Raw) bool {
	var al, bl []sdk.Raw
	if a.Decode(&al) != nil || b.Decode(&bl) != nil || len(al) != len(bl) {
		return false
	}
	for i := range al {
		if !equalJSON(al[i], bl[i]) {
			return false
		}
	}
	return true
}

// equalTexts compares strings of which one has escapes that the other has not.
func equalTexts(a, b sdk.Raw) bool {
	var at, bt string
	return a.Decode(&at) == nil && b.Decode(&bt) == nil && at == bt
}

// membersOf returns the members of an object.
func membersOf(object sdk.Raw) (members map[string]sdk.Raw, ok bool) {
	if object == "" {
		return nil, true
	}
	err := object.Decode(&members)
	return members, err == nil
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"sigs.k8s.io/yaml"
)

// Overlay returns a file with what another one, over, says besides or instead,
// for a plugin that comes with a file of its own. Settings, limits and rollback
// are overlaid field by field; grants and the ServiceAccount are replaced as a
// whole, since what an operator grants is all that he wants to grant. Which
// controllers the plugin has is not to be changed. The error is about over, and
// as those of [Parse].
func Overlay(base, over []byte) ([]byte, error) {
	newer, err := Parse(over)
	if err != nil {
		return nil, err
	}
	older, err := Parse(base)
	if err != nil {
		return nil, err
	}
	if len(newer.Controllers) > 0 && !slices.Equal(newer.Controllers, older.Controllers) {
		return nil, fmt.Errorf("controllers: got %v, expected those that the plugin comes with, %v, or none", newer.Controllers, older.Controllers)
	}
	merged, err := parts(base)
	if err != nil {
		return nil, err
	}
	changes, err := parts(over)
	if err != nil {
		return nil, err
	}
	for part, change := range changes {
		if was, ok := merged[part]; ok && part != "grants" {
			change = overlaid(was, change)
		}
		merged[part] = change
	}
	return json.Marshal(merged)
}

// overlaid returns the fields of was with those of is over them; if one of the
// two has no fields, is alone.
func overlaid(was, is json.RawMessage) json.RawMessage {
	var older, newer map[string]json.RawMessage
	if json.Unmarshal(was, &older) != nil || json.Unmarshal(is, &newer) != nil || older == nil {
		return is
	}
	maps.Copy(older, newer)
	merged, err := json.Marshal(older)
	if err != nil {
		panic(err) // it was decoded from JSON
	}
	return merged
}

// parts returns the parts of a file that [Parse] takes. One without a value is
// as good as none.
func parts(content []byte) (map[string]json.RawMessage, error) {
	text, err := yaml.YAMLToJSONStrict(content)
	if err != nil {
		return nil, err
	}
	found := map[string]json.RawMessage{}
	err = json.Unmarshal(text, &found)
	maps.DeleteFunc(found, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	if found == nil { // nothing but comments
		found = map[string]json.RawMessage{}
	}
	return found, err
}

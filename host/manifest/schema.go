// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// misfits returns what in a tree of decoded JSON has no place in a Go type:
// unknown fields and values of another kind, each with its path and what was
// expected. encoding/json would name the first one, without its place in lists.
func misfits(path string, value any, t reflect.Type) []error {
	switch {
	case t == reflect.TypeFor[literal](): // reads itself
		return nil
	case t == reflect.TypeFor[json.RawMessage](): // settings, whose shape the module knows
		return expect(path, value, "fields", isA[map[string]any])
	case t.Kind() == reflect.Struct:
		return misfitFields(path, value, t)
	case t.Kind() == reflect.Slice:
		return misfitElements(path, value, t)
	case t.Kind() == reflect.Bool:
		return expect(path, value, "true or false", isA[bool])
	}
	return expect(path, value, "a string", isA[string])
}

func isA[T any](value any) bool { _, ok := value.(T); return ok }

func expect(path string, value any, what string, is func(any) bool) []error {
	if is(value) {
		return nil
	}
	got, err := json.Marshal(value)
	if err != nil {
		panic(err) // it was decoded from JSON
	}
	if path != "" {
		path += ": "
	}
	return []error{fmt.Errorf("%sgot %s, expected %s", path, got, what)}
}

func misfitFields(path string, value any, t reflect.Type) []error {
	members, ok := value.(map[string]any)
	if !ok {
		return expect(path, value, "fields: "+strings.Join(fieldNames(t), ", "), isA[map[string]any])
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(members)) {
		at := name
		if path != "" {
			at = path + "." + name
		}
		field, known := fieldOf(t, name)
		switch {
		case !known:
			problems = append(problems, fmt.Errorf("unknown field %q, expected one of: %s", at, strings.Join(fieldNames(t), ", ")))
		case members[name] != nil: // a field without a value is as good as none
			problems = append(problems, misfits(at, members[name], field)...)
		}
	}
	return problems
}

func misfitElements(path string, value any, t reflect.Type) []error {
	elements, ok := value.([]any)
	if !ok {
		return expect(path, value, "a list", isA[[]any])
	}
	var problems []error
	for i, element := range elements {
		problems = append(problems, misfits(fmt.Sprintf("%s[%d]", path, i), element, t.Elem())...)
	}
	return problems
}

// fieldNames returns the fields of a struct as files have them.
func fieldNames(t reflect.Type) []string {
	names := make([]string, t.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	return names
}

func fieldOf(t reflect.Type, name string) (reflect.Type, bool) {
	i := slices.Index(fieldNames(t), name)
	if i < 0 {
		return nil, false
	}
	return t.Field(i).Type, true
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// CheckType returns a warning for each field of the shape that the Go struct
// type of the resource does not have, or has as something that the shape's
// kind never takes, such as
//
//	field spec.nodeNme does not exist (did you mean nodeName?)
//
// They are warnings because the server may be newer than the type.
func CheckType(shape *record.Shape, t reflect.Type) []string {
	return check(nil, "", shape, typeModel{deref(t)})
}

// CheckOpenAPI is CheckType for a schema as CustomResourceDefinitions have it,
// decoded from JSON. Of metadata, apiVersion and kind, which such schemas do
// not describe, it says nothing.
func CheckOpenAPI(shape *record.Shape, schema map[string]any) []string {
	described := record.Shape{Kind: record.Struct}
	for _, f := range shape.Fields {
		if f.Name != "metadata" && f.Name != "apiVersion" && f.Name != "kind" {
			described.Fields = append(described.Fields, f)
		}
	}
	return check(nil, "", &described, openAPIModel(schema))
}

// model is what is known of a value of a resource.
type model interface {
	// takes reports whether a value of the kind can be read from the value.
	takes(k record.Kind) bool
	// field returns the model of a member; nil means that there is none.
	field(name string) model
	// names lists the members, for suggestions.
	names() []string
	// elem returns the model of the elements.
	elem() model
	// String names the type.
	String() string
}

// unknown is the model of what nothing is known of: all is well.
type unknown struct{}

func (unknown) takes(record.Kind) bool { return true }
func (unknown) field(string) model     { return unknown{} }
func (unknown) names() []string        { return nil }
func (unknown) elem() model            { return unknown{} }
func (unknown) String() string         { return "anything" }

func check(warnings []string, path string, s *record.Shape, m model) []string {
	if s.Kind == record.Raw {
		return warnings
	}
	if !m.takes(s.Kind) {
		return append(warnings, fmt.Sprintf("field %s is %s, which cannot be read as %s", path, m, s.Signature()))
	}
	if s.Elem != nil {
		return check(warnings, path+"[]", s.Elem, m.elem())
	}
	for i := range s.Fields {
		f := &s.Fields[i]
		p := join(path, f.Name)
		if member := m.field(f.Name); member != nil {
			warnings = check(warnings, p, &f.Shape, member)
			continue
		}
		warning := "field " + p + " does not exist"
		if name := suggest(f.Name, m.names()); name != "" {
			warning += " (did you mean " + name + "?)"
		}
		warnings = append(warnings, warning)
	}
	return warnings
}

// suggest returns the name that is most like the given one, or nothing if none
// is: at most one letter and a third of them may differ, so that two swapped
// letters are found.
func suggest(name string, names []string) string {
	best, least := "", len(name)/3+2
	for _, candidate := range slices.Sorted(slices.Values(names)) {
		if d := distance(strings.ToLower(name), strings.ToLower(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance is the number of letters to add, drop or change to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for k := range row {
		row[k] = k
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for k := range len(b) {
			change := before
			if a[i] != b[k] {
				change++
			}
			before = row[k+1]
			row[k+1] = min(change, row[k]+1, row[k+1]+1)
		}
	}
	return row[len(b)]
}

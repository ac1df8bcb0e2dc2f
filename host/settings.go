// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
)

// manifestError reports an operator's file that is wrong, or wrong for its
// module. The sentence lacks its subject, as those of module.Inspect do.
type manifestError struct {
	path  string
	cause error
}

// Error has every problem, each with the path of its field.
func (e *manifestError) Error() string {
	return "cannot be used with " + e.path + ": " + strings.ReplaceAll(e.cause.Error(), "\n", "; ")
}

// Unwrap returns the problems.
func (e *manifestError) Unwrap() error { return e.cause }

// settingsBody turns the settings of the operator's file into the body of a
// record in the shape that the module takes. Unknown fields are refused, since
// a misspelt setting that does nothing is worse than an error.
func settingsBody(settings json.RawMessage, shape *record.Shape) ([]byte, error) {
	switch {
	case shape == nil && settings != nil:
		return nil, errors.New("settings: the module takes none")
	case shape == nil:
		return nil, nil
	case settings == nil:
		settings = json.RawMessage("{}")
	}
	var tree any
	if err := json.Unmarshal(settings, &tree); err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	if err := unknownFields("settings", tree, shape); err != nil {
		return nil, err
	}
	rec, err := project.NewJSON(shape).Append(nil, settings)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	_, _, _, _, body, err := record.CutHeader(rec)
	return body, err
}

// unknownFields reports the first field that the shape does not have, and
// what it has instead.
func unknownFields(path string, value any, shape *record.Shape) error {
	switch v := value.(type) {
	case map[string]any:
		return unknownMembers(path, v, shape)
	case []any:
		if shape.Kind != record.List {
			return nil // the wrong kind of value is the extractor's business
		}
		for i, element := range v {
			if err := unknownFields(fmt.Sprintf("%s[%d]", path, i), element, shape.Elem); err != nil {
				return err
			}
		}
	}
	return nil
}

func unknownMembers(path string, members map[string]any, shape *record.Shape) error {
	for name, member := range members {
		var child *record.Shape
		switch shape.Kind {
		case record.Map:
			child = shape.Elem
		case record.Struct:
			if child = fieldOf(shape, name); child == nil {
				return fmt.Errorf("unknown field %q, expected one of: %s", path+"."+name, fieldNames(shape))
			}
		default:
			return nil
		}
		if err := unknownFields(path+"."+name, member, child); err != nil {
			return err
		}
	}
	return nil
}

func fieldOf(shape *record.Shape, name string) *record.Shape {
	i := slices.IndexFunc(shape.Fields, func(f record.Field) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &shape.Fields[i].Shape
}

func fieldNames(shape *record.Shape) string {
	names := make([]string, len(shape.Fields))
	for i, f := range shape.Fields {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
)

// pluginFile is the schema of NAME.yaml, the operator's file beside a module.
type pluginFile struct {
	// Settings are the plugin's, in the shape that its module describes.
	Settings json.RawMessage `json:"settings"`
}

// settingsBody turns the operator's file into the body of a record in the
// shape that the module takes. Unknown fields are refused, since a misspelt
// setting that does nothing is worse than an error.
func settingsBody(file []byte, shape *record.Shape) ([]byte, error) {
	var f pluginFile
	if err := yaml.UnmarshalStrict(file, &f); err != nil {
		return nil, fmt.Errorf("settings file: %w", err)
	}
	given := len(bytes.TrimSpace(f.Settings)) > 0 && string(f.Settings) != "null"
	if shape == nil {
		if given {
			return nil, errors.New("settings file: the module takes no settings")
		}
		return nil, nil
	}
	if !given {
		f.Settings = json.RawMessage("{}")
	}
	var tree any
	if err := json.Unmarshal(f.Settings, &tree); err != nil {
		return nil, fmt.Errorf("settings file: %w", err)
	}
	if err := unknownFields("settings", tree, shape); err != nil {
		return nil, err
	}
	rec, err := project.NewJSON(shape).Append(nil, f.Settings)
	if err != nil {
		return nil, fmt.Errorf("settings file: %w", err)
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
				return fmt.Errorf("settings file: unknown field %s.%s, expected one of: %s", path, name, fieldNames(shape))
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

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Object is an object as JSON: maps, slices, strings, bools, json.Number.
type Object map[string]any

// parse reads an object from JSON text, from a map, or from a struct of the
// plugin's.
func parse(from any) (Object, error) {
	switch v := from.(type) {
	case string:
		return parseText(v)
	case []byte:
		return parseText(string(v))
	case Object:
		return parse(map[string]any(v))
	}
	text, err := sdk.JSON(from)
	if err != nil {
		return nil, err
	}
	return parseText(string(text))
}

func parseText(text string) (Object, error) {
	v, err := parseValue(text)
	if err != nil {
		return nil, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%.40q is no JSON object", text)
	}
	return object, nil
}

func parseValue(text string) (v any, err error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the JSON value")
	}
	return v, nil
}

// JSON returns the object as JSON text, members in the order of their names.
func (o Object) JSON() string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(map[string]any(o)); err != nil {
		return "!" + err.Error() // nothing that was parsed fails
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Key returns the namespace and name in the metadata.
func (o Object) Key() sdk.Key {
	return sdk.Key{Namespace: o.Text("metadata.namespace"), Name: o.Text("metadata.name")}
}

// Field returns the value at a path such as "spec.containers.0.image", nil if
// there is none.
func (o Object) Field(path string) any {
	var v any = map[string]any(o)
	for name := range strings.SplitSeq(path, ".") {
		switch parent := v.(type) {
		case map[string]any:
			v = parent[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(parent) {
				return nil
			}
			v = parent[i]
		default:
			return nil
		}
	}
	return v
}

// Text returns the value at a path as text, empty if there is none.
func (o Object) Text(path string) string {
	switch v := o.Field(path).(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// Labels returns the labels of the object, ascending by key.
func (o Object) Labels() sdk.Labels { return labelsOf(o.Field("metadata.labels")) }

func labelsOf(v any) sdk.Labels {
	m, _ := v.(map[string]any)
	var labels sdk.Labels
	for key, value := range m {
		labels = append(labels, sdk.Label{Key: key, Value: fmt.Sprint(value)})
	}
	slices.SortFunc(labels, func(a, b sdk.Label) int { return strings.Compare(a.Key, b.Key) })
	return labels
}

// clone returns a deep copy.
func (o Object) clone() Object {
	c, err := parseText(o.JSON())
	if err != nil {
		panic("sdktest: an object that is no JSON: " + err.Error())
	}
	return c
}

func (o Object) metadata() map[string]any {
	m, ok := o["metadata"].(map[string]any)
	if !ok {
		m = map[string]any{}
		o["metadata"] = m
	}
	return m
}

// owners returns the owner references.
func (o Object) owners() []map[string]any {
	var owners []map[string]any
	list, _ := o.Field("metadata.ownerReferences").([]any)
	for _, v := range list {
		if owner, ok := v.(map[string]any); ok {
			owners = append(owners, owner)
		}
	}
	return owners
}

// controller returns the uid of the controller owner, empty if there is none.
func (o Object) controller() string {
	for _, owner := range o.owners() {
		if owner["controller"] == true {
			return fmt.Sprint(owner["uid"])
		}
	}
	return ""
}

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"maps"
	"slices"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// openAPIModel is what a schema says of a value.
type openAPIModel map[string]any

// kindsOfType has the kinds that can be read from each JSON type.
var kindsOfType = map[string][]record.Kind{
	"boolean": {record.Bool},
	"integer": {record.Int, record.Float, record.String, record.IntOrString},
	"number":  {record.Int, record.Float, record.String},
	"string":  {record.String, record.Bytes, record.Time, record.IntOrString},
	"array":   {record.List},
	"object":  {record.Struct, record.Map},
}

func (m openAPIModel) takes(k record.Kind) bool {
	kinds, ok := kindsOfType[m.typ()]
	return !ok || m.open() || slices.Contains(kinds, k)
}

func (m openAPIModel) typ() string {
	typ, _ := m["type"].(string)
	return typ
}

// open reports whether the schema allows what it does not describe.
func (m openAPIModel) open() bool {
	return m["x-kubernetes-preserve-unknown-fields"] == true || m["x-kubernetes-int-or-string"] == true ||
		m["x-kubernetes-embedded-resource"] == true
}

func (m openAPIModel) properties() map[string]any {
	properties, _ := m["properties"].(map[string]any)
	return properties
}

func (m openAPIModel) field(name string) model {
	if property, ok := m.properties()[name].(map[string]any); ok {
		return openAPIModel(property)
	}
	if _, ok := kindsOfType[m.typ()]; !ok || m.open() {
		return unknown{}
	}
	return m.additional()
}

// additional returns the model of members that have no property, nil if there
// may be none: the API server drops those.
func (m openAPIModel) additional() model {
	switch additional := m["additionalProperties"].(type) {
	case map[string]any:
		return openAPIModel(additional)
	case bool:
		if additional {
			return unknown{}
		}
	}
	return nil
}

func (m openAPIModel) names() []string { return slices.Collect(maps.Keys(m.properties())) }

func (m openAPIModel) elem() model {
	if items, ok := m["items"].(map[string]any); ok {
		return openAPIModel(items)
	}
	if additional := m.additional(); additional != nil {
		return additional
	}
	return unknown{} // a map<> of properties
}

func (m openAPIModel) String() string {
	if m.typ() == "" {
		return unknown{}.String()
	}
	return "of type " + m.typ()
}

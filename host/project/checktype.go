// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"reflect"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// typeModel is what a Go type says of a value.
type typeModel struct{ t reflect.Type }

func (m typeModel) takes(k record.Kind) bool {
	switch f, ok := formOf(m.t); {
	case !ok && marshaler(m.t):
		return true // it writes whatever it likes
	case !ok:
		return k == record.Float && (m.t.Kind() == reflect.Float32 || m.t.Kind() == reflect.Float64)
	case fits(f, k):
		return true
	case f == formMap:
		return k == record.Struct // of some of its keys
	case f == formInt:
		return k == record.Float || k == record.String || k == record.IntOrString
	case f == formText:
		return k == record.Bytes || k == record.Time || k == record.IntOrString
	case f == formIntOrString:
		return k == record.String || k == record.Int
	default:
		return k == record.String && f >= formBytes // those are strings in JSON
	}
}

func (m typeModel) field(name string) model {
	switch {
	case m.t.Kind() == reflect.Map:
		return m.elem()
	case marshaler(m.t):
		return unknown{}
	}
	if f, ok := findField(m.t, name); ok {
		return typeModel{deref(f.typ)}
	}
	return nil
}

func (m typeModel) names() []string { return jsonNames(m.t) }

func jsonNames(t reflect.Type) (names []string) {
	for _, f := range goFields(t) {
		if f.inline {
			names = append(names, jsonNames(deref(f.typ))...)
		} else {
			names = append(names, f.name)
		}
	}
	return names
}

func (m typeModel) elem() model {
	if m.t.Kind() != reflect.Map && m.t.Kind() != reflect.Slice {
		return unknown{} // a marshaler
	}
	return typeModel{deref(m.t.Elem())}
}

func (m typeModel) String() string { return m.t.String() }

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// The shapes below are what indexes and mappings read. Whoever keeps records
// adds them to the union of the projections with [record.Union].

// LabelsShape returns the shape that has the labels.
func LabelsShape() record.Shape { return nest(LabelsPath, textMap()) }

// OwnersShape returns the shape that has what [Owners] reads.
func OwnersShape() record.Shape {
	return nest(ownersPath, record.Shape{Kind: record.List, Elem: &record.Shape{Kind: record.Struct, Fields: []record.Field{
		{Name: "apiVersion", Shape: text()},
		{Name: "controller", Shape: record.Shape{Kind: record.Bool}},
		{Name: "kind", Shape: text()},
		{Name: "name", Shape: text()},
		{Name: "uid", Shape: text()},
	}}})
}

// FieldShape returns the shape that has the field at the path, such as
// "spec.nodeName", as text. A path into labels or annotations gives the map of
// them.
func FieldShape(path string) record.Shape {
	for _, m := range []string{LabelsPath, "metadata.annotations"} {
		if strings.HasPrefix(path, m+".") {
			return nest(m, textMap())
		}
	}
	return nest(path, text())
}

func text() record.Shape { return record.Shape{Kind: record.String} }

func textMap() record.Shape {
	elem := text()
	return record.Shape{Kind: record.Map, Elem: &elem}
}

// nest puts the shape into the structs that the path names.
func nest(path string, s record.Shape) record.Shape {
	names := strings.Split(path, ".")
	for _, name := range slices.Backward(names) {
		s = record.Shape{Kind: record.Struct, Fields: []record.Field{{Name: name, Shape: s}}}
	}
	return s
}

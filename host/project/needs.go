// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

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
// "spec.nodeName", as the kind, which must be a scalar. A path into labels or
// annotations gives the map of them.
func FieldShape(path string, kind record.Kind) record.Shape {
	for _, m := range []string{LabelsPath, "metadata.annotations"} {
		if strings.HasPrefix(path, m+".") {
			return nest(m, textMap())
		}
	}
	return nest(path, record.Shape{Kind: kind})
}

// SelectorShape returns the shape that has the selector at the path in the
// form that the Go struct type of the resource has. If the type is nil,
// because it is not compiled in, the selector is Raw. It is an error if the
// type has no selector there.
func SelectorShape(path string, t reflect.Type) (record.Shape, error) {
	if t == nil {
		return nest(path, record.Shape{Kind: record.Raw}), nil
	}
	at := deref(t)
	for name := range strings.SplitSeq(path, ".") {
		f, ok := goField{}, false
		if at.Kind() == reflect.Struct {
			f, ok = findField(at, name)
		}
		if !ok {
			return record.Shape{}, fmt.Errorf("field %s: %s has no field %s", path, at, name)
		}
		at = deref(f.typ)
	}
	switch {
	case at.Kind() == reflect.Map && at.Elem().Kind() == reflect.String:
		return nest(path, textMap()), nil
	case typeName(at) == metaPackage+"LabelSelector":
		return nest(path, labelSelector()), nil
	}
	return record.Shape{}, fmt.Errorf("field %s of %s is no label selector but %s", path, t, at)
}

func text() record.Shape { return record.Shape{Kind: record.String} }

func textMap() record.Shape {
	elem := text()
	return record.Shape{Kind: record.Map, Elem: &elem}
}

// labelSelector is optional because an empty one takes everything and an
// absent one nothing.
func labelSelector() record.Shape {
	value := text()
	return record.Shape{Kind: record.Struct, Optional: true, Fields: []record.Field{
		{Name: "matchExpressions", Shape: record.Shape{Kind: record.List, Elem: &record.Shape{Kind: record.Struct, Fields: []record.Field{
			{Name: "key", Shape: text()},
			{Name: "operator", Shape: text()},
			{Name: "values", Shape: record.Shape{Kind: record.List, Elem: &value}},
		}}}},
		{Name: "matchLabels", Shape: textMap()},
	}}
}

// nest puts the shape into the structs that the path names.
func nest(path string, s record.Shape) record.Shape {
	names := strings.Split(path, ".")
	for _, name := range slices.Backward(names) {
		s = record.Shape{Kind: record.Struct, Fields: []record.Field{{Name: name, Shape: s}}}
	}
	return s
}

// rawSelector reads a selector in JSON both as a map and as a LabelSelector.
type rawSelector struct {
	json     *JSON
	labels   *Map
	selector *Selector
}

const rawPath = "selector"

// newRawSelector is called when the first Raw selector is matched.
var newRawSelector = sync.OnceValues(func() (*rawSelector, error) {
	shape := record.Union(nest(rawPath, textMap()), nest(rawPath, labelSelector()))
	labels, err := NewMap(&shape, rawPath)
	if err != nil {
		return nil, err
	}
	selector, err := NewSelector(&shape, rawPath)
	return &rawSelector{json: NewJSON(&shape), labels: labels, selector: selector}, err
})

// matchRaw matches labels against the JSON text of a selector. An object with
// no members but those of a LabelSelector is one.
func matchRaw(text []byte, labels Entries) bool {
	raw, err := newRawSelector()
	if err != nil {
		return false
	}
	object := append(append([]byte(`{"`+rawPath+`":`), text...), '}')
	rec, _ := raw.json.Append(nil, object) // each of the two readers meets what is the other's
	_, _, _, _, body, err := record.CutHeader(rec)
	if err != nil {
		return false
	}
	want := raw.labels.Entries(body)
	for key := range want.All() {
		if string(key) != "matchLabels" && string(key) != "matchExpressions" {
			return hasAll(want, labels)
		}
	}
	return raw.selector.Matches(body, labels)
}

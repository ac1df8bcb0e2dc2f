// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"sync"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

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
	selector, err := NewSelector(&shape, rawPath, labelSelector())
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

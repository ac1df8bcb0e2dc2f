// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"strings"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// owner is one owner reference; the slices alias the record.
type owner struct {
	apiVersion, kind, name, uid []byte
	controller                  bool
}

// group returns the API group of the owner, empty for the core one.
func (o *owner) group() string {
	group, _, found := strings.Cut(string(o.apiVersion), "/")
	if !found {
		return ""
	}
	return group
}

// eachOwner visits the owner references of a body until visit returns false.
func eachOwner(body []byte, s *record.Shape, visit func(o *owner) bool) {
	b, list, ok := seek(body, s, pathOwners, &ownersShape)
	if !ok {
		return
	}
	n, b, err := record.CutCount(b)
	for ; n > 0 && err == nil; n-- {
		var o owner
		if b, err = o.cut(b, list.Elem); err != nil || !visit(&o) {
			return
		}
	}
}

func (o *owner) cut(b []byte, s *record.Shape) (rest []byte, err error) {
	for i := range s.Fields {
		f := &s.Fields[i]
		if value, at, ok := seek(b, &f.Shape, "", nil); ok {
			o.set(f.Name, value, at.Kind)
		}
		if b, err = record.Skip(b, &f.Shape); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (o *owner) set(name string, value []byte, k record.Kind) {
	if name == "controller" && k == record.Bool {
		o.controller, _, _ = record.CutBool(value)
	}
	if k != record.String {
		return
	}
	switch name {
	case "apiVersion":
		o.apiVersion = text(value, k)
	case "kind":
		o.kind = text(value, k)
	case "name":
		o.name = text(value, k)
	case "uid":
		o.uid = text(value, k)
	}
}

// controllerUID returns the uid of the controller owner, nil if there is none.
func controllerUID(body []byte, s *record.Shape) (uid []byte) {
	eachOwner(body, s, func(o *owner) bool {
		if o.controller {
			uid = o.uid
		}
		return !o.controller
	})
	return uid
}

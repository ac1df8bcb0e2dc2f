// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"bytes"
	"fmt"
	"iter"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// ownersPath is where every object names its owners.
const ownersPath = "metadata.ownerReferences"

// Owner is one owner reference. Its parts alias the body.
type Owner struct {
	APIVersion []byte
	Kind       []byte
	Name       []byte
	UID        []byte
	Controller bool
	Blocks     bool // its deletion in the foreground; true if the shape leaves that out
}

// Group returns the API group of the owner, nothing for the core group.
func (o *Owner) Group() []byte {
	group, _, found := bytes.Cut(o.APIVersion, []byte{'/'})
	if !found {
		return nil
	}
	return group
}

// Owners reads the owner references in bodies of a shape.
type Owners struct {
	at    *locator
	parts []ownerPart // what each field of a reference is, in canonical order
	all   bool        // every owner counts as blocked
}

// ownerPart says which part of an Owner a field is.
type ownerPart uint8

const (
	ownerNone ownerPart = iota
	ownerAPIVersion
	ownerController
	ownerKind
	ownerName
	ownerUID
	ownerBlocks // not one of OwnersShape
)

// NewOwners returns a reader of the owner references. It is an error if the
// shape, which must be valid, lacks one of the fields of [OwnersShape].
func NewOwners(shape *record.Shape) (*Owners, error) {
	at, err := newLocator(shape, ownersPath, func(s *record.Shape, _ string) bool {
		return s.Kind == record.List && s.Elem.Kind == record.Struct
	})
	if err != nil {
		return nil, err
	}
	o := &Owners{at: at, parts: make([]ownerPart, len(at.shape.Elem.Fields)), all: true}
	found := 0
	for i, f := range at.shape.Elem.Fields {
		switch o.parts[i] = ownerPartOf(f); o.parts[i] {
		case ownerNone:
		case ownerBlocks:
			o.all = false
		default:
			found++
		}
	}
	if found != int(ownerUID) {
		return nil, fmt.Errorf("field %s has not all of apiVersion, controller, kind, name and uid in the shape %s", ownersPath, shape)
	}
	return o, nil
}

func ownerPartOf(f record.Field) ownerPart {
	switch {
	case f.Name == "controller" && f.Kind == record.Bool:
		return ownerController
	case f.Name == "blockOwnerDeletion" && f.Kind == record.Bool:
		return ownerBlocks
	case f.Kind != record.String:
		return ownerNone
	case f.Name == "apiVersion":
		return ownerAPIVersion
	case f.Name == "kind":
		return ownerKind
	case f.Name == "name":
		return ownerName
	case f.Name == "uid":
		return ownerUID
	}
	return ownerNone
}

// All iterates over the owner references. Safe for concurrent use.
func (o *Owners) All(body []byte) iter.Seq[Owner] {
	return func(yield func(Owner) bool) {
		i := o.at.locate(body)
		if i < 0 {
			return
		}
		n, rest, err := record.CutCount(body[i:])
		if err != nil {
			return
		}
		i = len(body) - len(rest)
		for range n {
			var owner Owner
			if owner, i = o.cut(body, i); i < 0 || !yield(owner) {
				return
			}
		}
	}
}

// Controller returns the owner reference that is marked as the controller's.
func (o *Owners) Controller(body []byte) (Owner, bool) {
	for owner := range o.All(body) {
		if owner.Controller {
			return owner, true
		}
	}
	return Owner{}, false
}

// cut reads the reference at i and returns the index behind it, or -1.
func (o *Owners) cut(body []byte, i int) (owner Owner, next int) {
	elem := o.at.shape.Elem
	owner.Blocks = o.all
	if elem.Optional {
		if i++; i > len(body) {
			return owner, -1
		}
		if body[i-1] == 0 {
			return owner, i
		}
	}
	for f, part := range o.parts {
		s := &elem.Fields[f].Shape
		end := skipRecord(body, i, s)
		if end < 0 {
			return owner, -1
		}
		owner.set(part, body[i:end], s)
		i = end
	}
	return owner, i
}

// set sets the part to the value of the shape.
func (o *Owner) set(part ownerPart, value []byte, s *record.Shape) {
	switch part {
	case ownerController, ownerBlocks:
		holds := value[len(value)-1] == 1 && (!s.Optional || len(value) == 2)
		if part == ownerBlocks {
			o.Blocks = holds
		} else {
			o.Controller = holds
		}
		return
	case ownerNone:
		return
	}
	text, _, _ := cutOptionalText(value, s)
	switch part {
	case ownerAPIVersion:
		o.APIVersion = text
	case ownerKind:
		o.Kind = text
	case ownerName:
		o.Name = text
	case ownerUID:
		o.UID = text
	}
}

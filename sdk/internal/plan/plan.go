// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"
	"slices"
	"sync"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Plan is what is known of one Go type.
type Plan struct {
	root     node
	shape    *record.Shape
	steps    []step
	slices   int  // how many of the steps, and of those inside, are slices
	optional bool // the plan was made by ForSettings
}

var (
	plansMu sync.RWMutex
	plans   = map[reflect.Type]*Plan{} // guarded by plansMu
)

// For returns the plan of a type, which is made on first use. The error is a
// [*TypeError].
func For(t reflect.Type) (*Plan, error) {
	plansMu.RLock()
	p := plans[t]
	plansMu.RUnlock()
	if p != nil {
		return p, nil
	}
	p, err := build(t)
	if err != nil {
		return nil, err
	}
	plansMu.Lock()
	defer plansMu.Unlock()
	plans[t] = p
	return p, nil
}

func build(t reflect.Type) (*Plan, error) {
	p := &Plan{}
	var err error
	p.root, err = new(builder).build(t, 0, t.Name())
	p.root.wrap()
	return p, err
}

// wrap makes a value that is nothing but an embedding the object that a
// struct with this embedding alone would be.
func (n *node) wrap() {
	switch {
	case n.target != nil:
		n.target.wrap()
	case embeddings[n.typ] != "":
		inner := &member{name: embeddings[n.typ], goName: n.typ.Name(), node: node{kind: record.Struct, members: n.members}}
		*n = node{kind: record.Struct, members: []*member{inner}}
	}
}

// Project returns the plan of a struct type of which records are decoded. It
// fails for a type that can be written only.
func Project(t reflect.Type) (*Plan, error) {
	plansMu.Lock()
	defer plansMu.Unlock()
	if p := plans[t]; p != nil && p.shape != nil {
		return p, nil
	}
	p, err := build(t) // anew: the plan there is may be in use for writing
	if err != nil {
		return nil, err
	}
	plans[t] = p
	return p, p.project(t)
}

// ProjectSettings is [Project] for a type whose values all may be absent, and
// then stay as they are when a record is decoded.
func ProjectSettings(t reflect.Type) (*Plan, error) {
	p, err := build(t)
	if err != nil {
		return nil, err
	}
	p.optional = true
	return p, p.project(t)
}

func (p *Plan) project(t reflect.Type) error {
	if p.root.kind != record.Struct || p.root.target != nil {
		return &TypeError{Field: t.String(), Cause: "a projection is a struct"}
	}
	shape, err := p.shapeOf(&p.root, t.Name())
	if err != nil {
		return err
	}
	if err := shape.Validate(); err != nil {
		return &TypeError{Field: t.String(), Cause: err.Error()}
	}
	p.shape = &shape
	p.steps = p.compile(nil, &p.root)
	return nil
}

// Shape returns the projection that the type declares, canonical.
func (p *Plan) Shape() *record.Shape { return p.shape }

// shapeOf returns the shape of a node and puts the members of the projection
// into canonical order.
func (p *Plan) shapeOf(n *node, goName string) (record.Shape, error) {
	if n.problem != "" && n.target == nil && n.elem == nil {
		return record.Shape{}, &TypeError{Field: goName, Type: n.typ.String(), Cause: n.problem}
	}
	if n.target != nil {
		s, err := p.shapeOf(n.target, goName)
		s.Optional = true
		return s, err
	}
	s := record.Shape{Kind: n.kind}
	switch {
	case n.special == Pairs:
		s.Elem = &record.Shape{Kind: record.String}
	case n.elem != nil:
		e, err := p.shapeOf(n.elem, goName+"[]")
		if err != nil {
			return s, err
		}
		s.Elem = &e
	}
	for _, m := range n.members {
		if err := p.projectMember(m); err != nil {
			return s, err
		}
	}
	for _, m := range n.projected() {
		s.Fields = append(s.Fields, record.Field{Name: m.name, Shape: *m.shape})
	}
	return s, nil
}

// projectMember gives a member its shape if it is part of the projection.
func (p *Plan) projectMember(m *member) error {
	if m.write {
		return nil
	}
	if m.quoted {
		return &TypeError{Field: m.goName, Cause: "the option string of the json tag is for fields that are tagged wcm:\"write\""}
	}
	s, err := p.shapeOf(&m.node, m.goName)
	if err != nil || (m.mergeable() && len(s.Fields) == 0) {
		return err // of an object without fields there is nothing to read
	}
	s.Optional = s.Optional || (p.optional && !m.mergeable())
	m.shape = &s
	return nil
}

// projected returns the members of an object that are in its shape, in
// canonical order.
func (n *node) projected() []*member {
	var members []*member
	for _, m := range n.members {
		if m.shape == nil {
			continue
		}
		i := len(members)
		for i > 0 && m.name < members[i-1].name {
			i--
		}
		members = slices.Insert(members, i, m)
	}
	return members
}

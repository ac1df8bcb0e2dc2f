// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// code says what a step does.
type code uint8

const (
	readBool code = iota
	readInt
	readInt32
	readInt64
	readSmall // the integers that are rare in Kubernetes: 8 and 16 bits, unsigned
	readFloat32
	readFloat64
	readText
	readBytes
	readTime
	readIntOrString
	readPairs
	readTexts
	readList
	readMap
	readPointer  // what is absent is nil
	readOptional // what is absent stays as it was
)

// step decodes one value into a place of the frame.
type step struct {
	code   code
	offset uintptr
	typ    reflect.Type // slice, map, small integer, or the target of a pointer
	size   uintptr      // of an element of a slice
	slab   int          // where [Slabs] have the elements
	room   int          // of how many elements a slab is
	inner  []step       // of an element, a target, or what is optional
	goName string
}

// compile appends the steps that decode n to the steps of its frame, the
// members of objects flattened and in canonical order.
func (p *Plan) compile(steps []step, n *node) []step {
	for _, m := range n.projected() {
		if m.mergeable() {
			steps = p.compile(steps, &m.node)
			continue
		}
		steps = append(steps, p.value(&m.node, m.goName, m.shape.Optional))
	}
	return steps
}

// frame returns the steps that decode a value with a base of its own.
func (p *Plan) frame(n *node, goName string) []step {
	if n.kind == record.Struct && n.target == nil {
		return p.compile(nil, n)
	}
	return []step{p.value(n, goName, n.target != nil)}
}

func (p *Plan) value(n *node, goName string, optional bool) step {
	s := p.leaf(n, goName)
	if !optional || s.code == readPointer {
		return s
	}
	offset := s.offset
	s.offset = 0
	return step{code: readOptional, offset: offset, inner: []step{s}, goName: goName}
}

func (p *Plan) leaf(n *node, goName string) step {
	s := step{offset: n.offset, typ: n.typ, goName: goName}
	switch {
	case n.target != nil:
		s.code, s.typ, s.inner = readPointer, n.typ.Elem(), p.frame(n.target, goName)
	case n.special != None:
		s.code = specialCode(n.special)
	case n.elem != nil:
		s.code, s.inner = elementCode(n), p.frame(n.elem, goName+"[]")
	default:
		s.code = scalarCode(n.typ.Kind())
	}
	if s.code == readPairs || s.code == readTexts || s.code == readList {
		s.size = n.typ.Elem().Size()
		s.slab, s.room = p.slices, int(SlabSize/max(s.size, 1))
		p.slices++
	}
	return s
}

func elementCode(n *node) code {
	switch {
	case n.kind == record.Map:
		return readMap
	case n.elem.kind == record.String && n.elem.target == nil:
		return readTexts
	}
	return readList
}

func specialCode(s Special) code {
	switch s {
	case Timestamp, MicroTime:
		return readTime
	case NumberOrText:
		return readIntOrString
	case Pairs:
		return readPairs
	}
	return readText
}

func scalarCode(k reflect.Kind) code {
	switch k {
	case reflect.Bool:
		return readBool
	case reflect.Int:
		return readInt
	case reflect.Int32:
		return readInt32
	case reflect.Int64:
		return readInt64
	case reflect.Float32:
		return readFloat32
	case reflect.Float64:
		return readFloat64
	case reflect.String:
		return readText
	case reflect.Slice:
		return readBytes
	}
	return readSmall
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// ErrNotProtobuf is the cause of every error of [NewProto]: the shape cannot
// be read from protobuf with that Go type, so read JSON instead.
var ErrNotProtobuf = errors.New("not readable from protobuf")

// protoPlan is a shape made ready for walking protobuf messages of a Go type.
// It is not modified after it was made.
type protoPlan struct {
	form      form
	wire      uint8
	narrow    bool // a formInt of 32 bits
	omitEmpty bool // the zero value of a scalar counts as absent
	wrapped   bool // a list in a message of its own, as its field 1
	optional  bool
	path      string
	zero      []byte
	shape     *record.Shape
	name      string       // the last part of path
	fields    []*protoPlan // of a formMessage or formKeys, in canonical order
	numbers   numberTable  // of a formMessage
	note      int          // which of the parent's notes it is read from
	elem      *protoPlan
}

// numberTable says for each protobuf field number of a message which of the
// noted fields it is.
type numberTable struct {
	slots []protoSlot // by number
}

type protoSlot struct {
	note   int          // 1 + index of the note, 0: not wanted
	inline *numberTable // the message's fields are noted in its place
}

// maxNumber bounds the field numbers, for the sake of the tables.
const maxNumber = 4096

func newProtoPlan(path string, shape *record.Shape, t reflect.Type) (*protoPlan, error) {
	t = deref(t)
	f, ok := formOf(t)
	if f == formMap && shape.Kind == record.Struct {
		f = formKeys
	}
	if !ok || !fits(f, shape.Kind) {
		return nil, fmt.Errorf("%w: field %s is %s in Go, the shape has %s", ErrNotProtobuf, path, t, shape.Signature())
	}
	p := &protoPlan{
		form: f, wire: wireTypes[f], narrow: t.Kind() == reflect.Int32, optional: shape.Optional,
		path: path, zero: record.AppendZero(nil, shape), shape: shape,
	}
	var err error
	switch f {
	case formMessage:
		err = p.addFields(shape, t)
	case formMap:
		err = p.addElem(shape, t)
	case formKeys:
		err = p.addKeys(shape, t)
	case formList:
		p.wrapped = messageSlice(t)
		if err = p.addElem(shape, t); err == nil && !p.wrapped {
			p.wire = p.elem.wire
		}
	}
	return p, err
}

// addKeys adds the plans of the map's values that are fields of the shape, a
// certain annotation for example.
func (p *protoPlan) addKeys(shape *record.Shape, t reflect.Type) error {
	for i := range shape.Fields {
		f := &shape.Fields[i]
		child, err := newElemPlan(join(p.path, f.Name), &f.Shape, t)
		if err != nil {
			return err
		}
		child.name, child.note = f.Name, i
		p.fields, p.elem = append(p.fields, child), child
	}
	return nil
}

// addElem adds the plan of the elements of a list or map.
func (p *protoPlan) addElem(shape *record.Shape, t reflect.Type) (err error) {
	p.elem, err = newElemPlan(p.path+"[]", shape.Elem, t)
	return err
}

// newElemPlan returns the plan of the elements of a type, each of which is one
// field in protobuf.
func newElemPlan(path string, shape *record.Shape, t reflect.Type) (*protoPlan, error) {
	p, err := newProtoPlan(path, shape, t.Elem())
	if err == nil && (p.form == formMap || p.form == formKeys || p.form == formList && !p.wrapped) {
		err = fmt.Errorf("%w: field %s has %s in it, which is no message", ErrNotProtobuf, path, t.Elem())
	}
	return p, err
}

func (p *protoPlan) addFields(shape *record.Shape, t reflect.Type) error {
	for i := range shape.Fields {
		f := &shape.Fields[i]
		path := join(p.path, f.Name)
		field, table, err := p.numbers.reach(path, f.Name, t)
		if err != nil {
			return err
		}
		child, err := newProtoPlan(path, &f.Shape, field.typ)
		if err != nil {
			return err
		}
		child.omitEmpty = field.omitEmpty && field.typ.Kind() != reflect.Pointer
		child.note = len(p.fields)
		p.fields = append(p.fields, child)
		// A map may be wanted twice, whole and by its keys: both read one note.
		if slot := table.slot(field.number); slot.note > 0 {
			child.note = slot.note - 1
		} else {
			slot.note = len(p.fields)
		}
	}
	return nil
}

// reach finds the field of a JSON name in the struct type, and the table that
// its number belongs to: the receiver, or that of an inline struct.
func (n *numberTable) reach(path, name string, t reflect.Type) (goField, *numberTable, error) {
	for _, f := range goFields(t) {
		if f.inline && f.number > 0 && f.number < maxNumber {
			if _, ok := findField(deref(f.typ), name); !ok {
				continue
			}
			slot := n.slot(f.number)
			if slot.inline == nil {
				slot.inline = &numberTable{}
			}
			return slot.inline.reach(path, name, deref(f.typ))
		}
		if f.inline || f.name != name {
			continue
		}
		if f.number == 0 || f.number >= maxNumber || f.omitZero && typeName(f.typ) != typeTime {
			break
		}
		return f, n, nil
	}
	return goField{}, nil, fmt.Errorf("%w: field %s is not in Go's %s", ErrNotProtobuf, path, t)
}

// slot returns the slot of the number, for which it makes room. The pointer
// is good until the next call.
func (n *numberTable) slot(number int) *protoSlot {
	if missing := number + 1 - len(n.slots); missing > 0 {
		n.slots = append(n.slots, make([]protoSlot, missing)...)
	}
	return &n.slots[number]
}

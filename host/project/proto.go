// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Proto extracts records from protobuf messages of a type that is compiled
// into this program. A record is the same, byte for byte, as the one that
// [JSON] extracts from the JSON text of the same object, with one exception
// that protobuf cannot tell: an empty list or map counts as absent where JSON
// could have said [] or {}.
type Proto struct {
	root   *protoPlan
	header *protoPlan // reads the header's parts as strings
	walks  sync.Pool  // of *protoWalk
}

// headerShape is what the header needs.
var headerShape = record.Shape{Kind: record.Struct, Fields: []record.Field{{
	Name: "metadata",
	Shape: record.Shape{Kind: record.Struct, Fields: []record.Field{
		{Name: "name", Shape: record.Shape{Kind: record.String}},
		{Name: "namespace", Shape: record.Shape{Kind: record.String}},
		{Name: "resourceVersion", Shape: record.Shape{Kind: record.String}},
		{Name: "uid", Shape: record.Shape{Kind: record.String}},
	}},
}}}

// NewProto returns an extractor for the shape, which must be valid, and the Go
// struct type of the resource. It is an [ErrNotProtobuf] if the shape has a
// Raw value, which is JSON, or a field that the type does not have or that is
// of another kind in it: use [NewJSON] then. Field numbers come from the
// type's protobuf tags, names from its json tags.
func NewProto(shape *record.Shape, t reflect.Type) (*Proto, error) {
	if t = deref(t); t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%w: %s is no struct", ErrNotProtobuf, t)
	}
	root, err := newProtoPlan("", shape, t)
	if err != nil {
		return nil, err
	}
	header, err := newProtoPlan("", &headerShape, t)
	if err != nil {
		return nil, err
	}
	return &Proto{root: root, header: header}, nil
}

// Append appends the record of the message, header and body, to dst. It
// retains neither. The error, if any, is a [*MalformedError], and dst is
// returned as it was. Safe for concurrent use.
func (p *Proto) Append(dst, message []byte) ([]byte, error) {
	w, ok := p.walks.Get().(*protoWalk)
	if !ok {
		w = &protoWalk{}
	}
	w.data, w.notes, w.err = message, w.notes[:0], nil
	w.out, ok = w.record(w.out[:0], p)
	err := w.err
	if ok {
		dst = append(dst, w.out...)
	}
	if w.data = nil; cap(w.out) <= keepBuffers {
		p.walks.Put(w)
	}
	return dst, err
}

// protoWalk is the state of one extraction. A message is read twice: once to
// note where its wanted fields are, which is quick because each says how long
// it is, and once in canonical order to append them.
type protoWalk struct {
	data  []byte
	out   []byte // the record, of which the caller gets a copy of the right size
	notes []note // stack: the wanted fields of the open messages
	err   error
}

// note is where a wanted field of a message is.
type note struct {
	wireField     // the last one of its number
	count     int // how many there are
	first     int // index of the first one's tag
	limit     int // end of the message that has them
}

func (w *protoWalk) malformed(p *protoPlan, i int, cause string) bool {
	w.err = &MalformedError{Path: p.path, Offset: i, Cause: cause}
	return false
}

// record appends header and body.
func (w *protoWalk) record(dst []byte, p *Proto) ([]byte, bool) {
	whole := &wireField{end: len(w.data)}
	if !w.note(p.header, &p.header.numbers, 0, len(w.data), w.push(1)) {
		return dst, false
	}
	var parts [slotCount][]byte
	if meta := w.notes[0]; meta.count > 0 {
		m := p.header.fields[0]
		if !w.note(m, &m.numbers, meta.start, meta.end, w.push(slotCount)) {
			return dst, false
		}
		for i := range parts {
			n := w.notes[1+i]
			parts[i] = valid(w.data[n.start:n.end])
		}
	}
	w.notes = w.notes[:0]
	dst = appendHeader(dst, parts[1], parts[0], parts[3], parts[2])
	return w.message(dst, p.root, whole)
}

// push makes room for n notes and returns the index of the first.
func (w *protoWalk) push(n int) int {
	base := len(w.notes)
	for range n {
		w.notes = append(w.notes, note{})
	}
	return base
}

// note walks the message between the indexes and notes its wanted fields.
func (w *protoWalk) note(p *protoPlan, table *numberTable, i, end, base int) bool {
	f := wireField{}
	for ; i < end; i = f.end {
		if !f.read(w.data, i, end) {
			return w.malformed(p, i, "not a protobuf field")
		}
		if uint64(f.number) >= uint64(len(table.slots)) {
			continue
		}
		switch slot := &table.slots[f.number]; {
		case slot.inline != nil:
			if f.wire != wireBytes {
				return w.malformed(p, i, "unexpected wire type")
			}
			if !w.note(p, slot.inline, f.start, f.end, base) {
				return false
			}
		case slot.note > 0:
			if field := p.fields[slot.note-1]; f.wire != field.wire {
				return w.malformed(field, i, "unexpected wire type")
			}
			w.notes[base+slot.note-1].add(&f, i, end)
		}
	}
	return true
}

// add notes a field whose tag is at i of a message that ends at end.
func (n *note) add(f *wireField, i, end int) {
	if n.count == 0 || n.limit != end {
		n.count, n.first, n.limit = 0, i, end
	}
	n.count++
	n.wireField = *f
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"bytes"
	"unicode/utf8"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// message appends the fields of a message, which is the payload of f.
func (w *protoWalk) message(dst []byte, p *protoPlan, f *wireField) ([]byte, bool) {
	if len(dst) > maxRecord {
		return dst, w.malformed(p, f.start, tooLarge)
	}
	base := w.push(len(p.fields))
	if !w.note(p, &p.numbers, f.start, f.end, base) {
		return dst, false
	}
	for _, field := range p.fields {
		n := &w.notes[base+field.note]
		if n.count == 0 || field.omitEmpty && field.empty(&n.wireField) {
			dst = append(dst, field.zero...)
			continue
		}
		var ok bool
		if dst, ok = w.field(dst, field, n); !ok {
			return dst, false
		}
	}
	w.notes = w.notes[:base]
	return dst, true
}

// field appends the value of a noted field.
func (w *protoWalk) field(dst []byte, p *protoPlan, n *note) ([]byte, bool) {
	switch {
	case p.form == formList && !p.wrapped:
		return w.elements(p.present(dst), p, n)
	case p.form == formMap:
		return w.entries(p.present(dst), p, n)
	case p.form == formKeys:
		return w.keys(p.present(dst), p, n)
	}
	return w.value(dst, p, &n.wireField)
}

// present appends the presence byte of an optional value.
func (p *protoPlan) present(dst []byte) []byte {
	if p.optional {
		return append(dst, 1)
	}
	return dst
}

// empty reports whether JSON drops the value, were it marked omitempty.
func (p *protoPlan) empty(f *wireField) bool {
	switch p.form {
	case formBool:
		return f.value == 0
	case formInt:
		return p.int(f) == 0
	case formText, formBytes:
		return f.start == f.end
	case formList:
		return p.wrapped && f.start == f.end
	}
	return false
}

func (p *protoPlan) int(f *wireField) int64 {
	if p.narrow {
		return int64(int32(f.value))
	}
	return int64(f.value)
}

// value appends a value that is there as one field.
func (w *protoWalk) value(dst []byte, p *protoPlan, f *wireField) ([]byte, bool) {
	start := len(dst)
	dst = p.present(dst)
	switch p.form {
	case formMessage:
		return w.message(dst, p, f)
	case formList:
		return w.wrapped(dst, p, f)
	case formBool:
		return record.AppendBool(dst, f.value != 0), true
	case formInt:
		return record.AppendInt(dst, p.int(f)), true
	case formText:
		return record.AppendString(dst, valid(w.data[f.start:f.end])), true
	case formBytes:
		return record.AppendString(dst, w.data[f.start:f.end]), true
	}
	return w.wellKnown(dst, p, f, start)
}

// valid returns the text with whatever is no UTF-8 replaced, as JSON has it.
func valid(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	return appendValid(nil, text)
}

// elements appends a list, whose elements are fields of one number.
func (w *protoWalk) elements(dst []byte, p *protoPlan, n *note) ([]byte, bool) {
	dst = record.AppendCount(dst, n.count)
	f, ok := wireField{}, true
	for i, left := n.first, n.count; left > 0 && ok; left-- {
		w.next(&f, n, i)
		i = f.end
		dst, ok = w.value(dst, p.elem, &f)
	}
	return dst, ok
}

// next sets f to the first field of the noted number at or behind i. The
// message was read before, so there is one.
func (w *protoWalk) next(f *wireField, n *note, i int) {
	for f.read(w.data, i, n.limit) && f.number != n.number {
		i = f.end
	}
}

// wrapped appends a list that is field 1 of a message of its own.
func (w *protoWalk) wrapped(dst []byte, p *protoPlan, f *wireField) ([]byte, bool) {
	base := w.push(1)
	table := numberTable{slots: []protoSlot{{}, {note: 1}}}
	if !w.note(&protoPlan{path: p.path, fields: []*protoPlan{p.elem}}, &table, f.start, f.end, base) {
		return dst, false
	}
	n := &w.notes[base]
	w.notes = w.notes[:base]
	return w.elements(dst, p, n)
}

// entries appends a map, whose entries are messages {key = 1; value = 2}.
func (w *protoWalk) entries(dst []byte, p *protoPlan, n *note) ([]byte, bool) {
	var f, key, value wireField
	base, last, sorted := len(dst), -1, true
	dst = append(dst, 0)
	for i, left := n.first, n.count; left > 0; left-- {
		w.next(&f, n, i)
		i = f.end
		if !w.entry(p, &f, &key, &value) {
			return dst, false
		}
		from := len(dst)
		dst = record.AppendString(dst, valid(w.data[key.start:key.end]))
		if last >= 0 && sorted {
			sorted = bytes.Compare(entryKey(dst, last), entryKey(dst, from)) < 0
		}
		last = from
		var ok bool
		if dst, ok = w.value(dst, p.elem, &value); !ok {
			return dst, false
		}
	}
	count := n.count
	if !sorted {
		dst, count = sortEntries(dst, base+1, count, p.elem.shape)
	}
	return putUvarint(dst, base, count), true
}

// keys appends those values of a map whose keys are the fields of the plan.
func (w *protoWalk) keys(dst []byte, p *protoPlan, n *note) ([]byte, bool) {
	var f, key, value wireField
	base := w.push(len(p.fields))
	for i, left := n.first, n.count; left > 0 && len(p.fields) > 0; left-- {
		w.next(&f, n, i)
		i = f.end
		if !w.entry(p, &f, &key, &value) {
			return dst, false
		}
		for k, field := range p.fields {
			if string(valid(w.data[key.start:key.end])) == field.name {
				w.notes[base+k] = note{wireField: value, count: 1}
			}
		}
	}
	for k, field := range p.fields {
		found := &w.notes[base+k]
		if found.count == 0 {
			dst = append(dst, field.zero...)
			continue
		}
		var ok bool
		if dst, ok = w.value(dst, field, &found.wireField); !ok {
			return dst, false
		}
	}
	w.notes = w.notes[:base]
	return dst, true
}

// entry finds key and value of a map entry. One that is missing is empty.
func (w *protoWalk) entry(p *protoPlan, f, key, value *wireField) bool {
	*key, *value = wireField{}, wireField{}
	part := wireField{}
	for i := f.start; i < f.end; i = part.end {
		switch {
		case !part.read(w.data, i, f.end):
			return w.malformed(p, i, "not a protobuf field")
		case part.number == 1 && part.wire == wireBytes:
			*key = part
		case part.number == 2 && part.wire == p.elem.wire:
			*value = part
		case part.number <= 2:
			return w.malformed(p, i, "unexpected wire type")
		}
	}
	return true
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"fmt"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Transcoder turns bodies of one shape into bodies of a part of it: the union
// that the store keeps into the projection of one controller.
//
// Both sides are in canonical order, so it is one walk from left to right that
// copies what is alike and steps over what the part lacks.
type Transcoder struct {
	from, to *record.Shape
	root     *transcodePlan
}

// NewTranscoder returns a transcoder, or an error that names the first field
// of to which from lacks. Both shapes must be valid.
func NewTranscoder(from, to *record.Shape) (*Transcoder, error) {
	root, err := newTranscodePlan("", from, to)
	if err != nil {
		return nil, err
	}
	return &Transcoder{from: from, to: to, root: root}, nil
}

// Same reports whether every body is its own transcription, so that callers
// can spare the copy.
func (t *Transcoder) Same() bool { return t.root.same }

// Append appends the part of the body to dst. It appends the zero value of
// the part if the body is not of the shape. Safe for concurrent use.
func (t *Transcoder) Append(dst, body []byte) []byte {
	w := transcoding{body: body, out: dst}
	if t.root.same {
		return append(dst, body...)
	}
	if !w.value(t.root, t.from) {
		return record.AppendZero(w.out[:len(dst)], t.to)
	}
	return w.flush(w.pos)
}

// transcodePlan says what becomes of one value.
type transcodePlan struct {
	same   bool          // the value is copied as it is
	to     *record.Shape // nil: the part lacks the value
	fields []*transcodePlan
	elem   *transcodePlan
}

func newTranscodePlan(path string, from, to *record.Shape) (*transcodePlan, error) {
	p := &transcodePlan{to: to, same: from.Optional == to.Optional}
	switch from.Kind {
	case record.Struct:
		return p, p.addFields(path, from, to)
	case record.List, record.Map:
		var err error
		if p.elem, err = newTranscodePlan(path+"[]", from.Elem, to.Elem); err != nil {
			return nil, err
		}
		p.same = p.same && p.elem.same
	}
	return p, nil
}

// addFields pairs the fields of the two, which are in the same order.
func (p *transcodePlan) addFields(path string, from, to *record.Shape) error {
	n := 0
	for i := range from.Fields {
		f := &from.Fields[i]
		if n == len(to.Fields) || !alike(f, &to.Fields[n]) {
			p.same = false
			p.fields = append(p.fields, &transcodePlan{})
			continue
		}
		child, err := newTranscodePlan(join(path, f.Name), &f.Shape, &to.Fields[n].Shape)
		if err != nil {
			return err
		}
		n++
		p.same = p.same && child.same
		p.fields = append(p.fields, child)
	}
	if n < len(to.Fields) {
		f := to.Fields[n]
		return fmt.Errorf("field %s %s is not in the shape to transcode from", join(path, f.Name), f.Signature())
	}
	return nil
}

// alike reports whether the fields can be merged, and so have the same place
// in the canonical order.
func alike(a, b *record.Field) bool {
	return a.Name == b.Name && a.Kind == b.Kind && a.Signature() == b.Signature()
}

// transcoding is one walk. Bytes from copied to pos are to be copied but have
// not been yet, so that neighbours are copied at once.
type transcoding struct {
	body   []byte
	pos    int
	copied int
	out    []byte
}

// flush copies what is pending up to the position and goes on behind.
func (w *transcoding) flush(end int) []byte {
	w.out = append(w.out, w.body[w.copied:end]...)
	w.copied = end
	return w.out
}

// value handles the value at pos and moves pos behind it. It reports whether
// the body was of the shape so far.
func (w *transcoding) value(p *transcodePlan, from *record.Shape) bool {
	if p.same {
		return w.advance(skipRecord(w.body, w.pos, from))
	}
	if p.to == nil {
		w.flush(w.pos)
		ok := w.advance(skipRecord(w.body, w.pos, from))
		w.copied = w.pos
		return ok
	}
	if present, ok := w.presence(p, from); !present || !ok {
		return ok
	}
	switch from.Kind {
	case record.Struct:
		for i, f := range p.fields {
			if !w.value(f, &from.Fields[i].Shape) {
				return false
			}
		}
		return true
	case record.List, record.Map:
		return w.elements(p, from)
	}
	return w.advance(skipBare(w.body, w.pos, from))
}

// presence reads and writes the presence byte. If the value is absent, it is
// done.
func (w *transcoding) presence(p *transcodePlan, from *record.Shape) (present, ok bool) {
	switch {
	case from.Optional && p.to.Optional:
		w.pos++
		return w.pos <= len(w.body) && w.body[w.pos-1] == 1, w.pos <= len(w.body)
	case p.to.Optional:
		w.out = append(w.flush(w.pos), 1)
	case from.Optional:
		w.flush(w.pos)
		if w.pos == len(w.body) {
			return false, false
		}
		w.pos++
		w.copied = w.pos
		if w.body[w.pos-1] == 0 {
			w.out = record.AppendZero(w.out, p.to)
			return false, true
		}
	}
	return true, true
}

func (w *transcoding) elements(p *transcodePlan, from *record.Shape) bool {
	n, next := cutLength(w.body, w.pos) // an element takes a byte at least
	if next < 0 {
		return false
	}
	w.pos = next
	for range n {
		if from.Kind == record.Map && !w.advance(skipBytes(w.body, w.pos)) {
			return false
		}
		if !w.value(p.elem, from.Elem) {
			return false
		}
	}
	return true
}

// advance moves pos behind a value that was skipped.
func (w *transcoding) advance(end int) bool {
	if end < 0 {
		return false
	}
	w.pos = end
	return true
}

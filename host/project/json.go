// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"slices"
	"strconv"
	"sync"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// JSON extracts records from the JSON text of objects.
type JSON struct {
	root     *jsonPlan
	scanners sync.Pool // of *scanner
}

// NewJSON returns an extractor for the shape, which must be valid.
func NewJSON(shape *record.Shape) *JSON {
	return &JSON{root: newRootPlan(shape)}
}

// Append appends the record of the object, header and body, to dst. It
// retains neither. Safe for concurrent use.
//
// A value of another type than the shape's counts as absent: the record is
// whole, and the error is a [*record.MismatchError] for one such value. After
// any other error, a [*MalformedError], dst is returned as it was.
func (j *JSON) Append(dst, object []byte) ([]byte, error) {
	s, ok := j.scanners.Get().(*scanner)
	if !ok {
		s = &scanner{}
	}
	s.data, s.pos, s.out = object, 0, s.out[:0]
	if !s.document(j.root) {
		err := s.err
		j.release(s)
		return dst, err
	}
	dst = slices.Grow(dst, s.recordSize())
	dst = s.appendHeader(dst)
	dst = append(dst, s.out...)
	err := s.odd.err(object, j.root)
	j.release(s)
	return dst, err
}

// keepBuffers is the size in bytes up to which buffers are used again. One
// huge object shall not hold its memory for ever.
const keepBuffers = 1 << 20

// release returns the scanner to the pool.
func (j *JSON) release(s *scanner) {
	if cap(s.out)+cap(s.text)+cap(s.segments)*segmentSize > keepBuffers {
		return
	}
	s.data, s.err, s.odd = nil, nil, mismatch{}
	s.header, s.headerText = [slotCount][]byte{}, s.headerText[:0]
	s.segments = s.segments[:0]
	j.scanners.Put(s)
}

// scanner is the state of one extraction. It walks the document once and
// appends each wanted value to out where it finds it; the objects around put
// the values into canonical order when they end.
type scanner struct {
	data       []byte
	pos        int
	out        []byte    // the body
	segments   []segment // stack: where in out the fields of the open objects are
	text       []byte    // the last unescaped string
	header     [slotCount][]byte
	headerText []byte // unescaped strings of the header
	open       nesting
	err        error
	odd        mismatch // the first one
}

// segment is where in out a field or a map entry is. The zero segment has not
// been found: start and end count from 1.
type segment struct{ start, end int }

const segmentSize = 16

// maxRecord bounds a body in bytes, because a short document can ask for a
// long record: every {} in a list becomes an element with all of its fields.
const maxRecord = 64 << 20

const tooLarge = "record larger than 64 MiB"

func (s *scanner) document(root *jsonPlan) bool {
	s.pos = skipSpace(s.data, 0)
	if at(s.data, s.pos) != '{' {
		return s.malformed(root, s.pos)
	}
	if !s.object(root) {
		return false
	}
	if s.pos = skipSpace(s.data, s.pos); s.pos != len(s.data) {
		return s.malformed(root, s.pos)
	}
	return true
}

// malformed reports that the text stops being JSON at the index, and returns
// false for its callers to return.
func (s *scanner) malformed(p *jsonPlan, i int) bool {
	cause := "unexpected end of JSON"
	if i < len(s.data) {
		cause = "unexpected " + strconv.QuoteRuneToASCII(rune(s.data[i])) + " in JSON"
	}
	s.err = &MalformedError{Path: p.path, Offset: i, Cause: cause}
	return false
}

func (s *scanner) recordSize() int {
	n := len(s.out) + 4*10
	for _, part := range s.header {
		n += len(part)
	}
	return n
}

func (s *scanner) appendHeader(dst []byte) []byte {
	return appendHeader(dst, s.header[slotNamespace], s.header[slotName], s.header[slotUID], s.header[slotVersion])
}

// value appends one value, which starts at pos, and moves pos behind it.
func (s *scanner) value(p *jsonPlan) bool {
	start := len(s.out)
	if start > maxRecord {
		s.err = &MalformedError{Path: p.path, Offset: s.pos, Cause: tooLarge}
		return false
	}
	if at(s.data, s.pos) == 'n' {
		s.out = append(s.out, p.zero...)
		return s.skip(p)
	}
	if p.optional {
		s.out = append(s.out, 1)
	}
	switch p.kind {
	case record.Struct:
		if at(s.data, s.pos) == '{' {
			return s.object(p)
		}
	case record.Map:
		if at(s.data, s.pos) == '{' {
			return s.entries(p)
		}
	case record.List:
		if at(s.data, s.pos) == '[' {
			return s.elements(p)
		}
	default:
		return s.scalar(p, start)
	}
	s.absent(p, start, s.pos)
	return s.skip(p)
}

// absent takes back what was appended since start, appends the zero value
// and notes the mismatch of the value at the index of the data.
func (s *scanner) absent(p *jsonPlan, start, i int) {
	s.out = append(s.out[:start], p.zero...)
	s.odd.note(i, p.shape)
}

// skip moves pos behind the value at pos.
func (s *scanner) skip(p *jsonPlan) bool {
	end := skipValue(s.data, s.pos, &s.open)
	if end < 0 {
		return s.malformed(p, ^end)
	}
	s.pos = end
	return true
}

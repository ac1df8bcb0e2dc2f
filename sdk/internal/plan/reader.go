// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"math"
	"time"
	"unsafe"
)

// reader reads a record. The first failure stays; after it the values are
// zero and the position is at the end, so that loops end soon.
type reader struct {
	s      string
	i      int
	failed string
	field  string
	again  bool   // use slices and targets again
	slabs  *Slabs // where new slices are from
}

const (
	truncated = "the record ends inside the value"
	invalid   = "the record has a byte that the shape does not allow"
	tooLarge  = "the number does not fit the Go type"
)

func (r *reader) fail(cause string) {
	if r.failed == "" {
		r.failed = cause
	}
	r.i = len(r.s)
}

func (r *reader) uvarint() uint64 {
	if i := r.i; i < len(r.s) && r.s[i] < 0x80 {
		r.i = i + 1
		return uint64(r.s[i])
	}
	return r.longUvarint()
}

func (r *reader) longUvarint() uint64 {
	s, v := r.s, uint64(0)
	for i, shift := r.i, 0; i < len(s); i, shift = i+1, shift+7 {
		c := s[i]
		if shift == 63 && c > 1 {
			r.fail(invalid)
			return 0
		}
		v |= uint64(c&0x7f) << (shift & 63)
		if c < 0x80 {
			r.i = i + 1
			return v
		}
	}
	r.fail(truncated)
	return 0
}

func (r *reader) varint() int64 {
	v := r.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (r *reader) text() string {
	if n := short(r.s, r.i); n >= 0 {
		start := r.i + 1
		r.i = start + n
		return r.s[start:r.i]
	}
	return r.longText()
}

// short returns the length of the text at a position, -1 if it does not have a
// length of one byte.
func short(s string, at int) int {
	if at < len(s) {
		if n := int(s[at]); n < 0x80 && n < len(s)-at {
			return n
		}
	}
	return -1
}

// texts reads n strings to places that lie one behind the other.
func (r *reader) texts(to unsafe.Pointer, n int) {
	s, at := r.s, r.i
	for i := range n {
		p := (*string)(unsafe.Add(to, uintptr(i)*unsafe.Sizeof("")))
		if n := short(s, at); n >= 0 {
			*p = s[at+1 : at+1+n]
			at += 1 + n
			continue
		}
		r.i = at
		*p = r.longText()
		at = r.i
	}
	r.i = at
}

// header reads the head of a record, whose strings lie one behind the other.
func (r *reader) header(h *Header) {
	r.texts(unsafe.Pointer(&h.Namespace), 3)
	h.ResourceVersion = r.uvarint()
	if r.failed != "" {
		r.field = "header"
	}
}

func (r *reader) longText() string {
	n := r.uvarint()
	if n > uint64(len(r.s)-r.i) {
		r.fail(truncated)
		return ""
	}
	start := r.i
	r.i += int(n)
	return r.s[start:r.i]
}

func (r *reader) byte() byte {
	if r.i >= len(r.s) {
		r.fail(truncated)
		return 0
	}
	r.i++
	return r.s[r.i-1]
}

func (r *reader) flag() bool {
	c := r.byte()
	if c > 1 {
		r.fail(invalid)
	}
	return c == 1
}

// count reads a number of elements, of which each takes a byte at least.
func (r *reader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.s)-r.i) {
		r.fail(truncated)
		return 0
	}
	return int(n)
}

func (r *reader) float() float64 {
	if len(r.s)-r.i < 8 {
		r.fail(truncated)
		return 0
	}
	var bits uint64
	for i := range 8 {
		bits |= uint64(r.s[r.i+i]) << (8 * i)
	}
	r.i += 8
	return math.Float64frombits(bits)
}

func (r *reader) time(to *Moment) {
	*to = Moment{}
	v := r.uvarint()
	if v == 0 {
		return
	}
	v--
	seconds, nanoseconds := int64(v>>1)^-int64(v&1), r.uvarint()
	if nanoseconds > 999_999_999 {
		r.fail(invalid)
		return
	}
	*to = Moment{time.Unix(seconds, int64(nanoseconds)).UTC()}
}

func (r *reader) intOrString() (v IntOrString) {
	v.Kind = r.byte()
	switch v.Kind {
	case 0:
	case 1:
		v.Int = r.varint()
	case 2:
		v.Text = r.text()
	default:
		r.fail(invalid)
	}
	return v
}

// CutHeader sets h to the header of a record and returns the body.
func CutHeader(rec string, h *Header) (body string, err error) {
	r := reader{s: rec}
	if r.header(h); r.failed != "" {
		return "", &RecordError{Field: r.field, Cause: r.failed}
	}
	return rec[r.i:], nil
}

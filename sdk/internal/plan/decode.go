// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"math"
	"reflect"
	"time"
	"unsafe"
)

// Decode sets the Go value at base from the body of a record. Strings and
// byte slices in it alias body; everything else is newly allocated.
func (p *Plan) Decode(body string, base unsafe.Pointer) error {
	return p.decode(&reader{s: body}, base)
}

// DecodeAgain is Decode into a value that was decoded before: slices that are
// large enough are used again, and so are the targets of pointers.
func (p *Plan) DecodeAgain(body string, base unsafe.Pointer) error {
	return p.decode(&reader{s: body, again: true}, base)
}

func (p *Plan) decode(r *reader, base unsafe.Pointer) error {
	r.run(p.steps, base)
	if r.failed == "" && r.i != len(r.s) {
		r.failed = "bytes behind the last field"
	}
	if r.failed != "" {
		return &RecordError{Field: r.field, Cause: r.failed}
	}
	return nil
}

// RecordError reports a record that does not fit its plan.
type RecordError struct {
	Field string // "Pod.Spec.NodeName"; empty for the record as a whole
	Cause string
}

// Error names the field and the cause.
func (e *RecordError) Error() string {
	if e.Field == "" {
		return "record: " + e.Cause
	}
	return "record: field " + e.Field + ": " + e.Cause
}

// reader reads a record. The first failure stays; after it the values are
// zero and the position is at the end, so that loops end soon.
type reader struct {
	s      string
	i      int
	failed string
	field  string
	again  bool // use slices and targets again
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
	var v uint64
	for shift := 0; shift < 64; shift += 7 {
		if r.i >= len(r.s) {
			r.fail(truncated)
			return 0
		}
		c := r.s[r.i]
		r.i++
		if shift == 63 && c > 1 {
			break
		}
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	r.fail(invalid)
	return 0
}

func (r *reader) varint() int64 {
	v := r.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// text has the usual case in one piece: in wasm a call costs as much as what
// is done here.
func (r *reader) text() string {
	if i := r.i; i < len(r.s) && r.s[i] < 0x80 {
		start := i + 1
		if end := start + int(r.s[i]); end <= len(r.s) {
			r.i = end
			return r.s[start:end]
		}
	}
	return r.longText()
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

// run decodes the values of one frame.
func (r *reader) run(steps []step, base unsafe.Pointer) {
	for i := range steps {
		s := &steps[i]
		p := unsafe.Add(base, s.offset)
		if s.optional && !r.flag() {
			if s.code == readPointer {
				*(*unsafe.Pointer)(p) = nil
			}
		} else if s.code == readString { // most values are
			*(*string)(p) = r.text()
		} else {
			r.value(s, p)
		}
		if r.failed != "" {
			if r.field == "" {
				r.field = s.goName
			}
			return
		}
	}
}

func (r *reader) value(s *step, p unsafe.Pointer) {
	switch s.code {
	case readBool:
		*(*bool)(p) = r.flag()
	case readInt:
		v := r.varint()
		if v != int64(int(v)) {
			r.fail(tooLarge)
		}
		*(*int)(p) = int(v)
	case readInt32:
		v := r.varint()
		if v != int64(int32(v)) {
			r.fail(tooLarge)
		}
		*(*int32)(p) = int32(v)
	case readInt64:
		*(*int64)(p) = r.varint()
	case readString:
		*(*string)(p) = r.text()
	case readTime:
		*(*Moment)(p) = r.time()
	case readPairs:
		r.pairs((*[]Pair)(p))
	case readStrings:
		r.strings((*[]string)(p))
	case readList:
		r.list(s, p)
	case readPointer:
		r.pointer(s, (*unsafe.Pointer)(p))
	default:
		r.rare(s, p)
	}
}

// rare decodes what few objects have, apart so that value stays small.
func (r *reader) rare(s *step, p unsafe.Pointer) {
	switch s.code {
	case readFloat32:
		*(*float32)(p) = float32(r.float())
	case readFloat64:
		*(*float64)(p) = r.float()
	case readBytes:
		*(*[]byte)(p) = nil
		if text := r.text(); text != "" {
			*(*[]byte)(p) = unsafe.Slice(unsafe.StringData(text), len(text))
		}
	case readIntOrString:
		*(*IntOrString)(p) = r.intOrString()
	case readMap:
		r.mapping(s, p)
	case readSmall:
		r.small(s, p)
	}
}

func (r *reader) small(s *step, p unsafe.Pointer) {
	v := r.varint()
	if !storeInt(s.typ.Kind(), p, v) {
		r.fail(tooLarge)
	}
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

func (r *reader) time() Moment {
	v := r.uvarint()
	if v == 0 {
		return Moment{}
	}
	v--
	seconds, nanoseconds := int64(v>>1)^-int64(v&1), r.uvarint()
	if nanoseconds > 999_999_999 {
		r.fail(invalid)
		return Moment{}
	}
	return Moment{time.Unix(seconds, int64(nanoseconds)).UTC()}
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

func (r *reader) pairs(to *[]Pair) {
	n := r.count()
	pairs := grow(r, *to, n)
	for i := range pairs {
		pairs[i] = Pair{Key: r.text(), Value: r.text()}
	}
	*to = pairs
}

func (r *reader) strings(to *[]string) {
	n := r.count()
	values := grow(r, *to, n)
	for i := range values {
		values[i] = r.text()
	}
	*to = values
}

// grow returns a slice of n elements, s if it may be used again and has the
// room; of none, nil.
func grow[E any](r *reader, s []E, n int) []E {
	if n == 0 {
		return nil
	}
	if r.again && n <= cap(s) {
		return s[:n]
	}
	return make([]E, n)
}

// sliceHeader is how Go and TinyGo lay out any slice.
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

func (r *reader) list(s *step, p unsafe.Pointer) {
	n, slice := r.count(), (*sliceHeader)(p)
	switch {
	case n == 0:
		*slice = sliceHeader{}
	case r.again && n <= slice.cap:
		slice.len = n
	default:
		*slice = sliceHeader{data: reflect.MakeSlice(s.typ, n, n).UnsafePointer(), len: n, cap: n}
	}
	element := slice.data
	for i := range n {
		r.run(s.inner, element)
		if i+1 < n { // a pointer behind the slice would keep something else alive
			element = unsafe.Add(element, s.size)
		}
	}
}

func (r *reader) pointer(s *step, to *unsafe.Pointer) {
	if *to == nil || !r.again {
		*to = reflect.New(s.typ).UnsafePointer()
	}
	r.run(s.inner, *to)
}

func (r *reader) mapping(s *step, p unsafe.Pointer) {
	n := r.count()
	switch {
	case n == 0:
		*(*unsafe.Pointer)(p) = nil
	case s.typ == stringMapType:
		*(*map[string]string)(p) = r.stringMap(n)
	default:
		*(*unsafe.Pointer)(p) = r.anyMap(s, n)
	}
}

var stringMapType = reflect.TypeFor[map[string]string]()

func (r *reader) stringMap(n int) map[string]string {
	m := make(map[string]string, n)
	for range n {
		key := r.text()
		m[key] = r.text()
	}
	return m
}

// anyMap returns the map as the pointer that a map is.
func (r *reader) anyMap(s *step, n int) unsafe.Pointer {
	m := reflect.MakeMapWithSize(s.typ, n)
	for range n {
		key := reflect.ValueOf(r.text()).Convert(s.typ.Key())
		value := reflect.New(s.typ.Elem())
		r.run(s.inner, value.UnsafePointer())
		m.SetMapIndex(key, value.Elem())
	}
	return m.UnsafePointer()
}

// CutText reads a length and so many bytes from the start of s.
func CutText(s string) (text, rest string, ok bool) {
	r := reader{s: s}
	text = r.text()
	return text, s[r.i:], r.failed == ""
}

// CutHeader reads the header of a record.
func CutHeader(rec string) (namespace, name, uid string, version uint64, body string, err error) {
	r := reader{s: rec}
	namespace, name, uid, version = r.text(), r.text(), r.text(), r.uvarint()
	if r.failed != "" {
		err = &RecordError{Field: "header", Cause: r.failed}
	}
	return namespace, name, uid, version, rec[r.i:], err
}

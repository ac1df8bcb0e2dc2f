// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"unsafe"
)

// Decode sets the Go value at base from the body of a record. Strings and
// byte slices in it alias body; everything else is newly allocated.
func (p *Plan) Decode(body string, base unsafe.Pointer) error {
	r := reader{s: body}
	return r.finish(p, base)
}

// Header is the head of a record.
type Header struct {
	Namespace, Name, UID string
	ResourceVersion      uint64
}

// DecodeRecord is [Plan.Decode] of a whole record. What it allocates is cut from
// slabs, unless there are none.
func (p *Plan) DecodeRecord(rec string, h *Header, base unsafe.Pointer, slabs *Slabs) error {
	r := reader{s: rec, slabs: slabs}
	r.header(h)
	return r.finish(p, base)
}

// DecodeAgain is [Plan.DecodeRecord] into a value that was decoded before: slices
// that are large enough are used again, and so are the targets of pointers.
func (p *Plan) DecodeAgain(rec string, h *Header, base unsafe.Pointer) error {
	r := reader{s: rec, again: true}
	r.header(h)
	return r.finish(p, base)
}

// finish reads the body, behind which nothing may come.
func (r *reader) finish(p *Plan, base unsafe.Pointer) error {
	if r.failed == "" {
		r.run(p.steps, base, 1, 0)
	}
	switch {
	case r.failed != "":
		return &RecordError{Field: r.field, Cause: r.failed}
	case r.i != len(r.s):
		return &RecordError{Cause: "bytes behind the last field"}
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

// run decodes the values of n frames that lie size bytes apart. Most values are
// short strings, or lists and pairs of such: they are read here, since in wasm a
// call costs as much as what is done for one.
func (r *reader) run(steps []step, base unsafe.Pointer, n int, size uintptr) {
	text, at := r.s, r.i
	for ; n > 0; n-- {
		for i := range steps {
			s := &steps[i]
			p := unsafe.Add(base, s.offset)
			if s.code == readText {
				if n := short(text, at); n >= 0 {
					*(*string)(p) = text[at+1 : at+1+n]
					at += 1 + n
					continue
				}
			}
			r.i = at
			switch s.code {
			case readList:
				slice := r.slice(s, p)
				r.run(s.inner, slice.data, slice.len, s.size)
			case readPairs:
				slice := r.slice(s, p)
				r.texts(slice.data, 2*slice.len)
			default:
				r.value(s, p)
			}
			if r.failed != "" {
				if r.field == "" {
					r.field = s.goName
				}
				return
			}
			at = r.i
		}
		if n > 1 { // a pointer behind the last frame would keep something else alive
			base = unsafe.Add(base, size)
		}
	}
	r.i = at
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
	case readText:
		*(*string)(p) = r.text()
	case readTime:
		r.time((*Moment)(p))
	case readTexts:
		slice := r.slice(s, p)
		r.texts(slice.data, slice.len)
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
	case readOptional:
		if r.flag() {
			r.run(s.inner, p, 1, 0)
		}
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

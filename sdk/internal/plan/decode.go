// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
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

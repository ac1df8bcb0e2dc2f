// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"encoding/base64"
	"reflect"
	"strconv"
	"time"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// ParseJSON sets the Go value that to points to from JSON text. Null and
// absent members leave what is there, members without a field are passed over,
// and names are case-sensitive. Strings without escapes alias text. The error
// is a [*TypeError], or a [*TextError] after which the value may be half set.
func ParseJSON(text string, to any) error {
	v := reflect.ValueOf(to)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return &TypeError{Field: "value", Cause: "JSON is parsed into what a pointer points to"}
	}
	p, err := For(v.Type())
	if err != nil {
		return err
	}
	return parseJSON(p.root.target, text, v.UnsafePointer())
}

// ParseJSON is [ParseJSON] into a value of the plan's type.
func (p *Plan) ParseJSON(text string, base unsafe.Pointer) error {
	return parseJSON(&p.root, text, base)
}

func parseJSON(n *node, text string, base unsafe.Pointer) error {
	s := parser{s: text}
	s.value(n, base)
	if s.peek() != 0 {
		s.fail("something behind the value")
	}
	if s.failed != "" {
		return &TextError{Offset: s.i, Cause: s.failed}
	}
	return nil
}

// TextError reports text that is no JSON, or not the JSON of the type.
type TextError struct {
	Offset int // in the text, near the error
	Cause  string
}

// Error names the cause and the offset.
func (e *TextError) Error() string {
	return "json: offset " + strconv.Itoa(e.Offset) + ": " + e.Cause
}

// value parses a value into its place in the frame at base.
func (s *parser) value(n *node, base unsafe.Pointer) {
	if s.peek() == 'n' {
		s.skip()
		return
	}
	p := unsafe.Add(base, n.offset)
	switch {
	case n.special != None:
		s.special(n.special, p)
	case n.target != nil:
		target := reflect.New(n.typ.Elem()).UnsafePointer()
		*(*unsafe.Pointer)(p) = target
		s.value(n.target, target)
	case n.kind == record.Struct:
		s.object(func(name string) { s.member(n, name, base) })
	case n.kind == record.List:
		s.list(n, (*sliceHeader)(p))
	case n.kind == record.Map:
		s.mapping(n, p)
	default:
		s.scalar(n, p)
	}
}

func (s *parser) member(n *node, name string, base unsafe.Pointer) {
	for _, m := range n.members {
		if m.name != name {
			continue
		}
		if !m.quoted || s.peek() != '"' {
			s.value(&m.node, base)
			return
		}
		inner := parser{s: s.text()}
		inner.value(&m.node, base)
		if inner.failed != "" {
			s.fail(inner.failed)
		}
		return
	}
	s.skip()
}

func (s *parser) list(n *node, slice *sliceHeader) {
	count, ahead := 0, *s
	ahead.array(func() { ahead.skip(); count++ })
	*slice = sliceHeader{data: reflect.MakeSlice(n.typ, count, count).UnsafePointer(), len: count, cap: count}
	i := uintptr(0)
	s.array(func() {
		if int(i) < count {
			s.value(n.elem, unsafe.Add(slice.data, i*n.elem.typ.Size()))
		}
		i++
	})
}

func (s *parser) mapping(n *node, p unsafe.Pointer) {
	m := reflect.MakeMapWithSize(n.typ, 0)
	s.object(func(name string) {
		element := reflect.New(n.elem.typ)
		s.value(n.elem, element.UnsafePointer())
		m.SetMapIndex(reflect.ValueOf(name).Convert(n.typ.Key()), element.Elem())
	})
	*(*unsafe.Pointer)(p) = m.UnsafePointer()
}

func (s *parser) scalar(n *node, p unsafe.Pointer) {
	switch n.kind {
	case record.Bool:
		*(*bool)(p) = s.bool()
	case record.String:
		*(*string)(p) = s.text()
	case record.Bytes:
		b, err := base64.StdEncoding.DecodeString(s.text())
		if err != nil {
			s.fail("expected base64")
		}
		*(*[]byte)(p) = b
	case record.Int:
		if !store(n.typ.Kind(), p, s.int()) {
			s.fail(tooLarge)
		}
	case record.Float:
		s.float(n.typ.Kind(), p)
	default:
		s.fail("a value of the type " + n.typ.String() + " cannot be parsed; use sdk.Raw")
	}
}

// store is storeInt for all integers.
func store(kind reflect.Kind, p unsafe.Pointer, v int64) bool {
	switch kind {
	case reflect.Int:
		*(*int)(p) = int(v)
	case reflect.Int32:
		*(*int32)(p) = int32(v)
	case reflect.Int64:
		*(*int64)(p) = v
	default:
		return storeInt(kind, p, v)
	}
	got, _ := loadInt(kind, p)
	return int64(got) == v
}

func (s *parser) float(kind reflect.Kind, p unsafe.Pointer) {
	v, err := strconv.ParseFloat(s.literal(), 64)
	if err != nil {
		s.fail("expected a number")
	}
	if kind == reflect.Float32 {
		*(*float32)(p) = float32(v)
		return
	}
	*(*float64)(p) = v
}

func (s *parser) special(special Special, p unsafe.Pointer) {
	switch special {
	case RawText:
		s.peek()
		start := s.i
		s.skip()
		*(*string)(p) = s.s[start:s.i]
	case Timestamp, MicroTime:
		t, err := time.Parse(time.RFC3339, s.text())
		if err != nil {
			s.fail("expected a time in RFC 3339")
		}
		*(*Moment)(p) = Moment{t.UTC()}
	case NumberOrText:
		if s.peek() == '"' {
			*(*IntOrString)(p) = IntOrString{Kind: 2, Text: s.text()}
			return
		}
		*(*IntOrString)(p) = IntOrString{Kind: 1, Int: s.int()}
	case Pairs:
		pairs := []Pair{}
		s.object(func(name string) { pairs = append(pairs, Pair{name, s.text()}) })
		*(*[]Pair)(p) = pairs
	}
}

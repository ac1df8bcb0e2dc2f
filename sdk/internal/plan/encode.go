// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"encoding/base64"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// AppendJSON appends v as JSON, as encoding/json writes it without escaping
// HTML, with these differences: special types are written as Kubernetes does,
// an absent special value counts as empty for omitempty, and methods such as
// MarshalJSON are not called. The error is a [*TypeError] or [*ValueError].
func AppendJSON(dst []byte, v any) ([]byte, error) {
	w := writer{b: dst}
	w.dynamic(v)
	return w.b, w.err
}

// ValueError reports a value that JSON cannot hold.
type ValueError struct{ Cause string }

// Error returns the cause.
func (e *ValueError) Error() string { return "json: " + e.Cause }

// writer appends JSON. The first error stays.
type writer struct {
	b     []byte
	err   error
	depth int
}

// maxDepth bounds how deeply values that contain themselves are followed.
const maxDepth = 64

func (w *writer) text(s string) { w.b = append(w.b, s...) }

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// dynamic writes a value of which only the interface is known.
func (w *writer) dynamic(v any) {
	switch v := v.(type) {
	case nil:
		w.text("null")
	case string:
		w.b = appendString(w.b, v)
	case bool:
		w.b = strconv.AppendBool(w.b, v)
	case int:
		w.b = strconv.AppendInt(w.b, int64(v), 10)
	default:
		w.reflected(reflect.ValueOf(v))
	}
}

func (w *writer) reflected(v reflect.Value) {
	p, err := For(v.Type())
	if err != nil {
		w.fail(err)
		return
	}
	if v.Kind() == reflect.Pointer && p.root.special == None {
		if v.IsNil() {
			w.text("null")
			return
		}
		w.value(p.root.target, v.UnsafePointer())
		return
	}
	place := reflect.New(v.Type())
	place.Elem().Set(v)
	w.value(&p.root, place.UnsafePointer())
}

// value writes the value of n in the frame at base.
func (w *writer) value(n *node, base unsafe.Pointer) {
	if w.depth++; w.depth > maxDepth {
		w.fail(&ValueError{Cause: "the value is nested too deeply, or contains itself"})
	}
	if w.err == nil {
		w.known(n, base)
	}
	w.depth--
}

func (w *writer) known(n *node, base unsafe.Pointer) {
	if n.special != None {
		w.special(n.special, unsafe.Add(base, n.offset))
		return
	}
	if n.typ == nil { // the object of an embedding, which has no place of its own
		w.object(n, base)
		return
	}
	p := unsafe.Add(base, n.offset)
	switch n.typ.Kind() {
	case reflect.Struct:
		w.object(n, base)
	case reflect.String:
		w.b = appendString(w.b, *(*string)(p))
	case reflect.Bool:
		w.b = strconv.AppendBool(w.b, *(*bool)(p))
	case reflect.Pointer:
		w.pointer(n, *(*unsafe.Pointer)(p))
	case reflect.Slice:
		w.slice(n, p)
	case reflect.Map:
		w.mapping(n, reflect.NewAt(n.typ, p).Elem())
	case reflect.Interface:
		w.dynamic(*(*any)(p))
	default:
		w.number(reflect.NewAt(n.typ, p).Elem())
	}
}

func (w *writer) pointer(n *node, target unsafe.Pointer) {
	if target == nil {
		w.text("null")
		return
	}
	w.value(n.target, target)
}

func (w *writer) object(n *node, base unsafe.Pointer) {
	w.text("{")
	first := true
	for _, m := range n.members {
		if m.omitted(base) {
			continue
		}
		if !first {
			w.text(",")
		}
		first = false
		w.b = append(appendString(w.b, m.name), ':')
		w.member(m, base)
	}
	w.text("}")
}

func (w *writer) member(m *member, base unsafe.Pointer) {
	if !m.quoted {
		w.value(&m.node, base)
		return
	}
	inner := writer{depth: w.depth}
	inner.value(&m.node, base)
	switch {
	case inner.err != nil:
		w.fail(inner.err)
	case string(inner.b) == "null" || m.kind > 4: // the option is for scalars
		w.b = append(w.b, inner.b...)
	default:
		w.b = appendString(w.b, string(inner.b))
	}
}

// omitted reports whether the tags of the member leave its value out.
func (m *member) omitted(base unsafe.Pointer) bool {
	if m.alias || m.typ == nil || (!m.omitEmpty && !m.omitZero) {
		return m.alias
	}
	v := reflect.NewAt(m.typ, unsafe.Add(base, m.offset)).Elem()
	return (m.omitEmpty && m.empty(v)) || (m.omitZero && v.IsZero())
}

func (m *member) empty(v reflect.Value) bool {
	switch {
	case m.special == Timestamp || m.special == MicroTime:
		return (*time.Time)(v.Addr().UnsafePointer()).IsZero()
	case m.special == NumberOrText:
		return (*IntOrString)(v.Addr().UnsafePointer()).Kind == 0
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func (w *writer) slice(n *node, p unsafe.Pointer) {
	slice := reflect.NewAt(n.typ, p).Elem()
	if slice.IsNil() {
		w.text("null")
		return
	}
	if n.elem == nil {
		w.text(`"`)
		w.b = base64.StdEncoding.AppendEncode(w.b, *(*[]byte)(p))
		w.text(`"`)
		return
	}
	w.text("[")
	element := slice.UnsafePointer()
	for i := range slice.Len() {
		if i > 0 {
			w.text(",")
		}
		w.value(n.elem, element)
		element = unsafe.Add(element, n.elem.typ.Size())
	}
	w.text("]")
}

func (w *writer) mapping(n *node, m reflect.Value) {
	if m.IsNil() {
		w.text("null")
		return
	}
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	w.text("{")
	for i, key := range keys {
		if i > 0 {
			w.text(",")
		}
		w.b = append(appendString(w.b, key.String()), ':')
		place := reflect.New(n.elem.typ)
		place.Elem().Set(m.MapIndex(key))
		w.value(n.elem, place.UnsafePointer())
	}
	w.text("}")
}

func (w *writer) special(s Special, p unsafe.Pointer) {
	switch s {
	case RawText:
		if raw := *(*string)(p); raw != "" {
			w.text(raw)
			return
		}
		w.text("null")
	case Timestamp:
		w.b = appendTime(w.b, *(*time.Time)(p), time.RFC3339)
	case MicroTime:
		w.b = appendTime(w.b, *(*time.Time)(p), "2006-01-02T15:04:05.000000Z07:00")
	case NumberOrText:
		w.intOrString(*(*IntOrString)(p))
	case Pairs:
		w.pairs(*(*[]Pair)(p))
	}
}

func appendTime(b []byte, t time.Time, layout string) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	return append(t.UTC().AppendFormat(append(b, '"'), layout), '"')
}

func (w *writer) intOrString(v IntOrString) {
	switch v.Kind {
	case 1:
		w.b = strconv.AppendInt(w.b, v.Int, 10)
	case 2:
		w.b = appendString(w.b, v.Text)
	default:
		w.text("null")
	}
}

func (w *writer) pairs(pairs []Pair) {
	if pairs == nil {
		w.text("null")
		return
	}
	w.text("{")
	for i := range pairs {
		if i > 0 {
			w.text(",")
		}
		w.b = append(appendString(w.b, pairs[i].Key), ':')
		w.b = appendString(w.b, pairs[i].Value)
	}
	w.text("}")
}

func (w *writer) number(v reflect.Value) {
	switch {
	case v.CanInt():
		w.b = strconv.AppendInt(w.b, v.Int(), 10)
	case v.CanUint():
		w.b = strconv.AppendUint(w.b, v.Uint(), 10)
	default:
		w.float(v.Float(), v.Type().Bits())
	}
}

// float writes the shortest form that reads back as the same number, with an
// exponent where JavaScript and encoding/json have one.
func (w *writer) float(f float64, bits int) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		w.fail(&ValueError{Cause: "not a number, or an infinite one"})
		return
	}
	format, size := byte('f'), math.Abs(f)
	if size != 0 && (size < 1e-6 || size >= 1e21) {
		format = 'e'
	}
	start := len(w.b)
	w.b = strconv.AppendFloat(w.b, f, format, -1, bits)
	if n := len(w.b); format == 'e' && n-start >= 4 && string(w.b[n-4:n-1]) == "e-0" {
		w.b = append(w.b[:n-2], w.b[n-1]) // e-09 is written e-9
	}
}

// AppendFields appends the members of an object and its closing brace to b,
// which ends inside the same object, behind a member.
func AppendFields(b []byte, object any) ([]byte, error) {
	start := len(b)
	b, err := AppendJSON(b, object)
	if err != nil {
		return b, err
	}
	body := trimSpace(b[start:])
	if len(body) < 2 || body[0] != '{' {
		return b, &ValueError{Cause: "the value is no object"}
	}
	if body = trimSpace(body[1:]); body[0] == '}' {
		return append(b[:start], '}'), nil
	}
	b = append(b, 0) // room for the comma, if the object has no space before its first member
	copy(b[start+1:], body)
	b[start] = ','
	return b[:start+1+len(body)], nil
}

func trimSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\n' || b[0] == '\t' || b[0] == '\r') {
		b = b[1:]
	}
	return b
}

// HasField reports whether a struct type, or the type that v points to, has a
// JSON field of the name, and whether a map or raw text has it.
func HasField(v any, name string) bool {
	switch v := v.(type) {
	case nil:
		return false
	case map[string]any:
		_, found := v[name]
		return found
	}
	t := reflect.TypeOf(v)
	if specials[t] == RawText {
		return rawHasField(reflect.ValueOf(v).String(), name)
	}
	p, err := For(t)
	if err != nil {
		return false
	}
	n := &p.root
	if n.target != nil {
		n = n.target
	}
	return slices.ContainsFunc(n.members, func(m *member) bool { return m.name == name })
}

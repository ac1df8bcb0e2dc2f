// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strconv"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/abi/record"
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
		w.mapping(n, *(*unsafe.Pointer)(p))
	case reflect.Interface:
		w.dynamic(*(*any)(p))
	default:
		w.number(n.typ.Kind(), p)
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
	case string(inner.b) == "null" || m.kind > record.String: // the option is for scalars
		w.b = append(w.b, inner.b...)
	default:
		w.b = appendString(w.b, string(inner.b))
	}
}

func (w *writer) slice(n *node, p unsafe.Pointer) {
	slice := (*sliceHeader)(p)
	if slice.data == nil {
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
	for i := range slice.len {
		if i > 0 {
			w.text(",")
		}
		w.value(n.elem, unsafe.Add(slice.data, uintptr(i)*n.elem.typ.Size()))
	}
	w.text("]")
}

func (w *writer) mapping(n *node, m unsafe.Pointer) {
	if m == nil {
		w.text("null")
		return
	}
	entries := n.mapAt(m)
	w.text("{")
	for i, key := range sortedKeys(entries) {
		if i > 0 {
			w.text(",")
		}
		w.b = append(appendString(w.b, key), ':')
		place := reflect.New(n.elem.typ)
		place.Elem().Set(entries.MapIndex(reflect.ValueOf(key).Convert(n.typ.Key())))
		w.value(n.elem, place.UnsafePointer())
	}
	w.text("}")
}

func sortedKeys(m reflect.Value) []string {
	keys := make([]string, 0, m.Len())
	for _, key := range m.MapKeys() {
		keys = append(keys, key.String())
	}
	slices.Sort(keys)
	return keys
}

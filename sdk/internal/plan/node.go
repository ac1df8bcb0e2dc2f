// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// node is one JSON value and the place where Go keeps it.
//
// A frame is a stretch of Go memory that is addressed from one base: the
// value that the plan was made for, the target of a pointer, or one element
// of a slice or map. Structs inside a frame have no base of their own, so the
// fields of one JSON object may come from several embedded structs.
type node struct {
	kind    record.Kind // Invalid: a value that can be written but not projected
	special Special
	typ     reflect.Type // the Go type
	offset  uintptr      // of the value in its frame
	target  *node        // of a pointer; a frame
	elem    *node        // of a List or Map; a frame
	members []*member    // of a Struct, in the order of declaration
	problem string       // why the value cannot be projected
	// embedded objects are of a type that was registered for embedding; others
	// that it embeds are part of it
	embedded bool
}

// member is one named field of a JSON object.
type member struct {
	node
	name      string
	goName    string // "Pod.Spec.NodeName", for people
	omitEmpty bool
	omitZero  bool
	quoted    bool          // the option string: a number written as a string
	write     bool          // not part of the projection
	shape     *record.Shape // in the projection; nil if not part of it
}

// builder makes the nodes of one type.
type builder struct {
	open []reflect.Type // the structs being built, to notice recursion
}

// build returns the node of a value of type t at an offset of its frame.
func (b *builder) build(t reflect.Type, offset uintptr, goName string) (n node, err error) {
	n = node{typ: t, offset: offset}
	if s := specials[t]; s != None {
		n.special, n.kind = s, s.kind()
		return n, nil
	}
	switch t.Kind() {
	case reflect.Bool:
		n.kind = record.Bool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n.kind = record.Int
	case reflect.Float32, reflect.Float64:
		n.kind = record.Float
	case reflect.String:
		n.kind = record.String
	case reflect.Interface:
		if t.NumMethod() > 0 {
			return n, unsupported(goName, t)
		}
		n.problem = "an interface has no shape; use a struct, or sdk.Raw for the whole subtree"
	case reflect.Pointer:
		err = b.pointer(&n, goName)
	case reflect.Slice:
		err = b.slice(&n, goName)
	case reflect.Map:
		err = b.mapping(&n, goName)
	case reflect.Struct:
		n.kind, n.embedded = record.Struct, embeddings[t] != ""
		err = b.object(&n, t, offset, goName)
	default:
		return n, unsupported(goName, t)
	}
	return n, err
}

func (b *builder) pointer(n *node, goName string) (err error) {
	if n.typ.Elem().Kind() == reflect.Pointer {
		return unsupported(goName, n.typ)
	}
	n.target, err = b.frame(n.typ.Elem(), goName)
	n.kind, n.problem = n.target.kind, n.target.problem
	return err
}

func (b *builder) slice(n *node, goName string) (err error) {
	if n.typ.Elem().Kind() == reflect.Uint8 {
		n.kind = record.Bytes
		return nil
	}
	n.kind = record.List
	n.elem, err = b.frame(n.typ.Elem(), goName+"[]")
	n.problem = n.elem.problem
	return err
}

func (b *builder) mapping(n *node, goName string) (err error) {
	if n.typ.Key().Kind() != reflect.String {
		return &TypeError{Field: goName, Type: n.typ.String(), Cause: "the keys of a map must be strings"}
	}
	n.kind = record.Map
	n.elem, err = b.frame(n.typ.Elem(), goName+"[]")
	n.problem = n.elem.problem
	return err
}

// frame builds the node of a value with a base of its own.
func (b *builder) frame(t reflect.Type, goName string) (*node, error) {
	n, err := b.build(t, 0, goName)
	return &n, err
}

// object adds the fields of the Go struct t at offset to the JSON object n.
func (b *builder) object(n *node, t reflect.Type, offset uintptr, goName string) error {
	if slices.Contains(b.open, t) {
		return &TypeError{Field: goName, Type: t.String(), Cause: "the type contains itself; use sdk.Raw for the inner part"}
	}
	b.open = append(b.open, t)
	defer func() { b.open = b.open[:len(b.open)-1] }()
	for i := range t.NumField() {
		f := t.Field(i)
		if err := b.field(n, &f, offset+f.Offset, goName+"."+f.Name); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) field(n *node, f *reflect.StructField, offset uintptr, goName string) error {
	tag := f.Tag.Get("json")
	if tag == "-" || (f.PkgPath != "" && !f.Anonymous) {
		return nil
	}
	m := &member{goName: goName, write: f.Tag.Get("wcm") == "write"}
	name, options, _ := strings.Cut(tag, ",")
	m.name = name
	for option := range strings.SplitSeq(options, ",") {
		m.omitEmpty = m.omitEmpty || option == "omitempty"
		m.omitZero = m.omitZero || option == "omitzero"
		m.quoted = m.quoted || option == "string"
	}
	if f.Anonymous && m.name == "" && specials[f.Type] == None {
		if f.Type.Kind() != reflect.Struct {
			return &TypeError{Field: goName, Type: f.Type.String(), Cause: "only structs may be embedded without a json name"}
		}
		return b.embed(n, f.Type, offset, goName)
	}
	if f.PkgPath != "" {
		return nil
	}
	if m.name == "" {
		m.name = f.Name
	}
	var err error
	if m.node, err = b.build(f.Type, offset, goName); err != nil {
		return err
	}
	return n.add(m)
}

// embed adds the fields of an embedded struct to n, or to the object of n for
// which the struct was registered.
func (b *builder) embed(n *node, t reflect.Type, offset uintptr, goName string) error {
	name := embeddings[t]
	if name == "" || n.embedded {
		return b.object(n, t, offset, goName)
	}
	m := &member{name: name, goName: goName, node: node{kind: record.Struct, embedded: true}}
	if err := b.object(&m.node, t, offset, goName); err != nil {
		return err
	}
	return n.add(m)
}

// add adds a field to an object. Objects of one name become one.
func (n *node) add(m *member) error {
	for _, other := range n.members {
		if other.name != m.name {
			continue
		}
		if other.mergeable() && m.mergeable() {
			for _, inner := range m.members {
				if err := other.add(inner); err != nil {
					return err
				}
			}
			return nil
		}
		return &TypeError{Field: m.goName, Cause: "the JSON field " + m.name + " is also " + other.goName}
	}
	n.members = append(n.members, m)
	return nil
}

// mergeable reports whether the value is an object in the frame of its parent.
func (m *member) mergeable() bool {
	return m.kind == record.Struct && m.target == nil && m.special == None
}

func unsupported(goName string, t reflect.Type) error {
	return &TypeError{Field: goName, Type: t.String(), Cause: "a value of this type is no JSON"}
}

// TypeError reports a Go type that has no plan.
type TypeError struct {
	Field string // "Pod.Spec.NodeName"
	Type  string // of the field
	Cause string
}

// Error names the field, its type and the cause.
func (e *TypeError) Error() string {
	if e.Type == "" {
		return "field " + e.Field + ": " + e.Cause
	}
	return "field " + e.Field + " (" + e.Type + "): " + e.Cause
}

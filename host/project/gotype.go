// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// The Go types of the API that are one value in JSON although they are
// structs, known by name because this package imports no API machinery.
const (
	metaPackage     = "k8s.io/apimachinery/pkg/apis/meta/v1."
	typeTime        = metaPackage + "Time"
	typeMicroTime   = metaPackage + "MicroTime"
	typeDuration    = metaPackage + "Duration"
	typeFields      = metaPackage + "FieldsV1"
	typeQuantity    = "k8s.io/apimachinery/pkg/api/resource.Quantity"
	typeIntOrString = "k8s.io/apimachinery/pkg/util/intstr.IntOrString"
	typeExtension   = "k8s.io/apimachinery/pkg/runtime.RawExtension"
)

func typeName(t reflect.Type) string { return t.PkgPath() + "." + t.Name() }

// marshaler reports whether the type writes its own JSON, so that its fields
// say nothing about it.
func marshaler(t reflect.Type) bool {
	m := reflect.TypeFor[json.Marshaler]()
	return t.Implements(m) || reflect.PointerTo(t).Implements(m)
}

// goField is a field of an API type as JSON and protobuf see it.
type goField struct {
	name   string // in JSON
	number int    // in protobuf, 0 if it has none
	typ    reflect.Type
	inline bool // its fields are those of the struct around, in JSON
	// omitEmpty: absent in JSON if it is a scalar with the zero value.
	omitEmpty bool
	omitZero  bool
}

// goFields lists the fields of a struct type that JSON has.
func goFields(t reflect.Type) []goField {
	var fields []goField
	for field := range t.Fields() {
		if f, ok := newGoField(field); ok {
			fields = append(fields, f)
		}
	}
	return fields
}

func newGoField(f reflect.StructField) (goField, bool) {
	tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	if tag == "-" || !f.IsExported() && !f.Anonymous {
		return goField{}, false
	}
	g := goField{name: tag, number: protoNumber(f.Tag.Get("protobuf")), typ: f.Type}
	g.inline = f.Anonymous && tag == "" && deref(f.Type).Kind() == reflect.Struct
	if tag == "" {
		g.name = f.Name
	}
	for option := range strings.SplitSeq(options, ",") {
		g.omitEmpty = g.omitEmpty || option == "omitempty"
		g.omitZero = g.omitZero || option == "omitzero"
	}
	return g, true
}

// protoNumber reads the field number of a tag such as "bytes,3,opt,name=uid".
func protoNumber(tag string) int {
	parts := strings.SplitN(tag, ",", 3)
	if len(parts) < 3 {
		return 0
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// deref returns the type behind a pointer.
func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// findField finds the field that JSON has by the name, in inline structs too.
func findField(t reflect.Type, name string) (goField, bool) {
	for _, f := range goFields(t) {
		if f.inline {
			if inner, ok := findField(deref(f.typ), name); ok {
				return inner, true
			}
		} else if f.name == name {
			return f, true
		}
	}
	return goField{}, false
}

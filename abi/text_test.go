// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// The vectors are written in protobuf's text format, as far as they need it:
// "name: value" and "name {" ... "}" on lines of their own, # for comments.
// What is in this file encodes them by the schema alone, which makes it a
// second opinion on the codec.

// item is a field with its value: uint64, float64, string or []item.
type item struct {
	name  string
	value any
}

// parseText consumes lines up to the closing brace or their end.
func parseText(lines *[]string) (items []item, err error) {
	for len(*lines) > 0 {
		line := strings.TrimSpace((*lines)[0])
		*lines = (*lines)[1:]
		name, value, isScalar := strings.Cut(line, ": ")
		switch {
		case line == "" || line[0] == '#':
		case line == "}":
			return items, nil
		case strings.HasSuffix(line, " {"):
			sub, err := parseText(lines)
			if err != nil {
				return nil, err
			}
			items = append(items, item{strings.TrimSuffix(line, " {"), sub})
		case isScalar && value[0] == '"':
			s, err := strconv.Unquote(value)
			if err != nil {
				return nil, fmt.Errorf("line %s: %w", line, err)
			}
			items = append(items, item{name, s})
		case isScalar:
			items = append(items, item{name, value})
		default:
			return nil, fmt.Errorf("line %s: want name: value, name { or }", line)
		}
	}
	return items, nil
}

// resolve turns the words of a message into numbers by the schema.
func (s schema) resolve(message string, items []item) error {
	for i := range items {
		it := &items[i]
		f, ok := s.field(message, it.name)
		if !ok {
			return fmt.Errorf("message %s has no field %s", message, it.name)
		}
		switch v := it.value.(type) {
		case []item:
			if err := s.resolve(f.typ, v); err != nil {
				return err
			}
		case string:
			value, err := s.scalar(f.typ, v)
			if err != nil {
				return fmt.Errorf("field %s: %w", it.name, err)
			}
			it.value = value
		}
	}
	return nil
}

func (s schema) field(message, name string) (schemaField, bool) {
	for _, f := range s.messages[message] {
		if f.name == name {
			return f, true
		}
	}
	return schemaField{}, false
}

func (s schema) scalar(typ, v string) (any, error) {
	switch typ {
	case "string", "bytes":
		return v, nil
	case "double":
		return strconv.ParseFloat(v, 64)
	case "bool":
		return map[string]uint64{"true": 1}[v], nil
	}
	if n, ok := s.enums[typ][v]; ok {
		return n, nil
	}
	return strconv.ParseUint(v, 10, 64)
}

// encode returns one message, and its fields one by one.
func (s schema) encode(message string, items []item) (whole []byte, fields [][]byte) {
	for _, it := range items {
		f, _ := s.field(message, it.name)
		wire, _ := s.wire(f)
		b := []byte(tag(f.number, wire))
		switch v := it.value.(type) {
		case uint64:
			b = binary.AppendUvarint(b, v)
		case float64:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		case string:
			b = append(binary.AppendUvarint(b, uint64(len(v))), v...)
		case []item:
			sub, _ := s.encode(f.typ, v)
			b = append(binary.AppendUvarint(b, uint64(len(sub))), sub...)
		}
		whole = append(whole, b...)
		fields = append(fields, b)
	}
	return whole, fields
}

// compare reports where a decoded message differs from the text, by the names
// of its members. v is a struct.
func compare(path string, v reflect.Value, items []item) error {
	left := map[string][]any{}
	for _, it := range items {
		left[it.name] = append(left[it.name], it.value)
	}
	if err := compareMembers(path, v, left); err != nil {
		return err
	}
	for name := range left {
		return fmt.Errorf("%s has no member %s", path, name)
	}
	return nil
}

func compareMembers(path string, v reflect.Value, left map[string][]any) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous { // the Shape inside a record.Field
			if err := compareMembers(path, v.Field(i), left); err != nil {
				return err
			}
			continue
		}
		name := snake(f.Name)
		if err := compareMember(path+"."+name, v.Field(i), left[name]); err != nil {
			return err
		}
		delete(left, name)
	}
	return nil
}

func compareMember(path string, v reflect.Value, want []any) error {
	switch {
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		if v.Len() != len(want) {
			return fmt.Errorf("%s has %d elements, want %d", path, v.Len(), len(want))
		}
		for i := range want {
			if err := compareMember(fmt.Sprintf("%s[%d]", path, i), v.Index(i), want[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	case len(want) == 0:
		if !v.IsZero() {
			return fmt.Errorf("%s is %v, want nothing", path, v)
		}
		return nil
	case v.Kind() == reflect.Pointer && !v.IsNil():
		return compareMember(path, v.Elem(), want)
	case v.Kind() == reflect.Struct:
		return compare(path, v, want[0].([]item))
	}
	if got := scalarOf(v); got != want[0] {
		return fmt.Errorf("%s is %v, want %v", path, got, want[0])
	}
	return nil
}

func scalarOf(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Bool:
		return map[bool]uint64{true: 1}[v.Bool()]
	case reflect.Float64:
		return v.Float()
	case reflect.String:
		return v.String()
	case reflect.Slice:
		return string(v.Bytes())
	case reflect.Int64:
		return uint64(v.Int())
	}
	return v.Uint()
}

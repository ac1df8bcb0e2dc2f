// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project_test

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// fill sets v to a random value. What is deep stays empty.
func fill(v reflect.Value, random *rand.Rand, depth int) {
	if fillWellKnown(v, random) || random.IntN(6) == 0 || depth == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(random.IntN(2) == 0)
	case reflect.Int32, reflect.Int64:
		v.SetInt(int64(random.Uint64()) >> random.IntN(64) * int64(random.IntN(2)))
	case reflect.String:
		v.SetString(randomText(random))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), random, depth)
	case reflect.Slice:
		fillSlice(v, random, depth)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range random.IntN(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(key, random, depth-1)
			fill(value, random, depth-1)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field, random, depth-1)
		}
	}
}

func fillSlice(v reflect.Value, random *rand.Rand, depth int) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		v.SetBytes([]byte(randomText(random)))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), random.IntN(4), 4))
	for i := range v.Len() {
		fill(v.Index(i), random, depth-1)
	}
}

// fillWellKnown sets the types that are one value in JSON.
func fillWellKnown(v reflect.Value, random *rand.Rand) bool {
	switch v.Interface().(type) {
	case metav1.Time:
		v.Set(reflect.ValueOf(metav1.Unix(random.Int64N(1<<35)-1<<33, random.Int64N(1e9))))
	case metav1.MicroTime:
		v.Set(reflect.ValueOf(metav1.NewMicroTime(time.Unix(random.Int64N(1<<33), random.Int64N(1e9)))))
	case metav1.Duration:
		v.Set(reflect.ValueOf(metav1.Duration{Duration: time.Duration(random.Int64() >> random.IntN(60))}))
	case metav1.FieldsV1, metav1.TypeMeta, runtime.RawExtension:
	case resource.Quantity:
		q := []string{"1500m", "0", "1Gi", "1024", "2.50", "1e3", "100n", "-5"}
		v.Set(reflect.ValueOf(resource.MustParse(q[random.IntN(len(q))])))
	case intstr.IntOrString:
		v.Set(reflect.ValueOf([]intstr.IntOrString{{}, intstr.FromInt32(random.Int32()), intstr.FromInt32(-1), intstr.FromString("80%")}[random.IntN(4)]))
	default:
		return false
	}
	return true
}

func randomText(random *rand.Rand) string {
	parts := []string{"a", "Zz", "é", "<&>", `"\`, "\n\x00", "😀", "12", strings.Repeat("long ", 40)}
	var text strings.Builder
	for range random.IntN(4) {
		text.WriteString(parts[random.IntN(len(parts))])
	}
	return text.String()
}

// randomShape returns a shape of some of the type's fields, and false for a
// type that protobuf readers refuse.
func randomShape(t reflect.Type, random *rand.Rand, depth int) (s record.Shape, ok bool) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	s.Optional = random.IntN(2) == 0
	switch reflect.Zero(t).Interface().(type) {
	case metav1.Time, metav1.MicroTime:
		s.Kind = record.Time
		return s, true
	case metav1.Duration, resource.Quantity:
		s.Kind = record.String
		return s, true
	case intstr.IntOrString:
		s.Kind = record.IntOrString
		return s, true
	case metav1.FieldsV1, metav1.TypeMeta, runtime.RawExtension:
		return s, false
	}
	switch t.Kind() {
	case reflect.Bool:
		s.Kind = record.Bool
	case reflect.Int32, reflect.Int64:
		s.Kind = record.Int
	case reflect.String:
		s.Kind = record.String
	case reflect.Map:
		if random.IntN(2) == 0 {
			return randomKeys(s, t, random, depth)
		}
		return randomElements(s, t, random, depth)
	case reflect.Slice:
		return randomElements(s, t, random, depth)
	case reflect.Struct:
		s.Kind = record.Struct
		s.Fields = randomFields(t, random, depth-1)
		return s, len(s.Fields) > 0
	}
	return s, s.Kind != record.Invalid
}

func randomElements(s record.Shape, t reflect.Type, random *rand.Rand, depth int) (record.Shape, bool) {
	if t.Elem().Kind() == reflect.Uint8 {
		s.Kind = record.Bytes
		return s, true
	}
	s.Kind = record.List
	if t.Kind() == reflect.Map {
		s.Kind = record.Map
	}
	elem, ok := randomShape(t.Elem(), random, depth)
	s.Elem = &elem
	return s, ok
}

// randomKeys reads a map as a struct of some of its keys.
func randomKeys(s record.Shape, t reflect.Type, random *rand.Rand, depth int) (record.Shape, bool) {
	s.Kind = record.Struct
	for range random.IntN(4) {
		elem, ok := randomShape(t.Elem(), random, depth)
		if !ok {
			return s, false
		}
		key := reflect.New(t.Key()).Elem()
		fill(key, random, 1)
		if key.String() != "" {
			s.Fields = append(s.Fields, record.Field{Name: key.String(), Shape: elem})
		}
	}
	return s, true
}

func randomFields(t reflect.Type, random *rand.Rand, depth int) (fields []record.Field) {
	if depth == 0 {
		return nil
	}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || random.IntN(3) == 0:
		case f.Anonymous && name == "":
			if f.Type != reflect.TypeFor[metav1.TypeMeta]() {
				inner := f.Type
				if inner.Kind() == reflect.Pointer {
					inner = inner.Elem()
				}
				fields = append(fields, randomFields(inner, random, depth)...)
			}
		default:
			for range 1 + random.IntN(2) { // the same twice, or a map whole and by its keys
				if s, ok := randomShape(f.Type, random, depth); ok {
					fields = append(fields, record.Field{Name: name, Shape: s})
				}
			}
		}
	}
	return fields
}

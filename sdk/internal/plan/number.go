// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"math"
	"reflect"
	"strconv"
	"unsafe"
)

// storeInt sets the integer of the kind at p and reports whether v fits.
func storeInt(kind reflect.Kind, p unsafe.Pointer, v int64) bool {
	switch kind {
	case reflect.Int8:
		*(*int8)(p) = int8(v)
	case reflect.Int16:
		*(*int16)(p) = int16(v)
	case reflect.Uint:
		*(*uint)(p) = uint(v)
	case reflect.Uint8:
		*(*uint8)(p) = uint8(v)
	case reflect.Uint16:
		*(*uint16)(p) = uint16(v)
	case reflect.Uint32:
		*(*uint32)(p) = uint32(v)
	case reflect.Uint64:
		*(*uint64)(p) = uint64(v)
	}
	got, negative := loadInt(kind, p)
	return int64(got) == v && (negative || v >= 0)
}

// loadInt returns the integer of the kind at p, and whether it is negative:
// then as its two's complement.
func loadInt(kind reflect.Kind, p unsafe.Pointer) (v uint64, negative bool) {
	var signed int64
	switch kind {
	case reflect.Int:
		signed = int64(*(*int)(p))
	case reflect.Int8:
		signed = int64(*(*int8)(p))
	case reflect.Int16:
		signed = int64(*(*int16)(p))
	case reflect.Int32:
		signed = int64(*(*int32)(p))
	case reflect.Int64:
		signed = *(*int64)(p)
	case reflect.Uint:
		return uint64(*(*uint)(p)), false
	case reflect.Uint8:
		return uint64(*(*uint8)(p)), false
	case reflect.Uint16:
		return uint64(*(*uint16)(p)), false
	case reflect.Uint32:
		return uint64(*(*uint32)(p)), false
	case reflect.Uint64:
		return *(*uint64)(p), false
	}
	return uint64(signed), signed < 0
}

func (w *writer) number(kind reflect.Kind, p unsafe.Pointer) {
	switch kind {
	case reflect.Float32:
		w.float(float64(*(*float32)(p)), 32)
		return
	case reflect.Float64:
		w.float(*(*float64)(p), 64)
		return
	}
	v, negative := loadInt(kind, p)
	if negative {
		w.b = strconv.AppendInt(w.b, int64(v), 10)
		return
	}
	w.b = strconv.AppendUint(w.b, v, 10)
}

// float writes the shortest form that reads back as the same number, with an
// exponent where JavaScript and encoding/json have one.
func (w *writer) float(f float64, bits int) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		w.fail(&ValueError{Cause: "not a number, or an infinite one"})
		return
	}
	format, size := byte('f'), math.Abs(f)
	if size != 0 && (bits == 64 && (size < 1e-6 || size >= 1e21) || bits == 32 && (float32(size) < 1e-6 || float32(size) >= 1e21)) {
		format = 'e'
	}
	start := len(w.b)
	w.b = strconv.AppendFloat(w.b, f, format, -1, bits)
	if n := len(w.b); format == 'e' && n-start >= 4 && string(w.b[n-4:n-1]) == "e-0" {
		w.b = append(w.b[:n-2], w.b[n-1]) // e-09 is written e-9
	}
}

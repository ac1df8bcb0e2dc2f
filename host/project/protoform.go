// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"reflect"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// form says how a value stands in protobuf.
type form uint8

const (
	formMessage form = iota // a Struct
	formList
	formMap
	formKeys // entries of a map, read as a Struct whose fields are keys
	formBool
	formInt
	formText // string
	formBytes
	formTime        // message Timestamp, in seconds
	formMicroTime   // message Timestamp, in microseconds
	formQuantity    // message {string = 1}
	formDuration    // message {nanoseconds = 1}, text in JSON
	formIntOrString // message {type = 1; int = 2; string = 3}
)

// wireTypes has the wire type of each form. A list has that of its element
// unless it is wrapped.
var wireTypes = [...]uint8{
	formMessage: wireBytes, formList: wireBytes, formMap: wireBytes, formKeys: wireBytes, formBool: wireVarint, formInt: wireVarint, formText: wireBytes,
	formBytes: wireBytes, formTime: wireBytes, formMicroTime: wireBytes, formQuantity: wireBytes,
	formDuration: wireBytes, formIntOrString: wireBytes,
}

// formOf returns the form of a Go type.
func formOf(t reflect.Type) (form, bool) {
	switch typeName(t) {
	case typeTime:
		return formTime, true
	case typeMicroTime:
		return formMicroTime, true
	case typeDuration:
		return formDuration, true
	case typeQuantity:
		return formQuantity, true
	case typeIntOrString:
		return formIntOrString, true
	}
	if marshaler(t) {
		return 0, false
	}
	switch t.Kind() {
	case reflect.Bool:
		return formBool, true
	case reflect.Int32, reflect.Int64:
		return formInt, true
	case reflect.String:
		return formText, true
	case reflect.Struct:
		return formMessage, true
	case reflect.Map:
		return formMap, t.Key().Kind() == reflect.String
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return formBytes, true
		}
		return formList, true
	}
	return 0, false
}

// fits reports whether the form can be read as the kind. What cannot is left
// to JSON, where it counts as absent or is converted.
func fits(f form, k record.Kind) bool {
	switch k {
	case record.Bool:
		return f == formBool
	case record.Int:
		return f == formInt
	case record.String:
		return f == formText || f == formQuantity || f == formDuration
	case record.Bytes:
		return f == formBytes
	case record.Time:
		return f == formTime || f == formMicroTime
	case record.IntOrString:
		return f == formIntOrString
	case record.Struct:
		return f == formMessage || f == formKeys
	case record.List:
		return f == formList
	case record.Map:
		return f == formMap
	}
	return false
}

// messageSlice reports whether the slice type has a message of its own, as
// ExtraValue has, instead of being a repeated field.
func messageSlice(t reflect.Type) bool {
	_, ok := reflect.PointerTo(t).MethodByName("MarshalToSizedBuffer")
	return ok
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"errors"
	"strings"
)

// FieldError reports bytes that are no record of their shape. Its cause is
// [ErrTruncated] or [ErrInvalid].
type FieldError struct {
	Path  string // "status.conditions[].type", or "name" in the header
	Cause error
}

// Error names the field and the cause.
func (e *FieldError) Error() string { return "field " + e.Path + ": " + e.Cause.Error() }

// Unwrap returns the cause.
func (e *FieldError) Unwrap() error { return e.Cause }

// within puts name before the path of an error.
func within(name string, err error) error {
	inner, ok := errors.AsType[*FieldError](err)
	switch {
	case !ok:
		return &FieldError{Path: name, Cause: err}
	case strings.HasPrefix(inner.Path, "["):
		inner.Path = name + inner.Path
	default:
		inner.Path = name + "." + inner.Path
	}
	return inner
}

// MismatchError reports an object with a value of another type than its shape
// has. Whoever converts the object returns it together with a whole record in
// which such values count as absent, because one odd object must not stop a
// cache: a cache keeps the record and warns, settings are refused. If there
// are several such values the error names one of them.
type MismatchError struct {
	Path string // "spec.containers[2].ports", "metadata.labels[\"app\"]"
	Want string // what the shape has, "int" for example
	Got  string // what the object has: "bool", "number", "string", "array" or "object"
}

// Error names the field, what it should be and what it is, never its value.
func (e *MismatchError) Error() string {
	return "field " + e.Path + ": want " + e.Want + ", got " + e.Got
}

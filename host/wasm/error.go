// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm

import (
	"fmt"
	"strings"
)

// Kind says in which way bytes are no module.
type Kind int

// The kinds of an [Error].
const (
	NotWasm     Kind = iota // something else, or a component
	Truncated               // the end of the file is missing
	Malformed               // against the rules of the format
	Unsupported             // of a later version of the format
	OverLimit               // against one of the [Limits]
)

// Error says why bytes were refused, and where.
type Error struct {
	Kind     Kind
	Section  string // "import section"; empty outside of the sections
	Function int    // index of the function whose code it is, imported ones counted; -1 outside of code
	Offset   int    // in the file; -1 if it is about the file as a whole
	Detail   string // what is wrong; of NotWasm the whole sentence
}

// Error is a sentence without its subject, which the caller has: "guest.wasm"
// + " " + "is malformed WebAssembly: import section, byte 34: …".
func (e *Error) Error() string {
	switch e.Kind {
	case NotWasm:
		return e.Detail
	case Truncated:
		return "is truncated: " + e.Detail
	case Unsupported:
		return "needs WebAssembly that is not supported: " + e.where() + e.Detail
	case OverLimit:
		return "is over a limit: " + e.where() + e.Detail
	}
	return "is malformed WebAssembly: " + e.where() + e.Detail
}

func (e *Error) where() string {
	var w strings.Builder
	if e.Section != "" {
		w.WriteString(e.Section + ", ")
	}
	if e.Function >= 0 {
		fmt.Fprintf(&w, "function %d, ", e.Function)
	}
	if e.Offset >= 0 {
		fmt.Fprintf(&w, "byte %d", e.Offset)
	}
	if w.Len() == 0 {
		return ""
	}
	return strings.TrimSuffix(w.String(), ", ") + ": "
}

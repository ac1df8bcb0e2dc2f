// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"fmt"
	"strings"
	"unicode"
)

// RefusedError says why a file is no module for this host.
type RefusedError struct {
	Reason Reason
	Cause  error // says it in a sentence without its subject
}

// Error is the sentence; the caller puts the subject in front: "plugin.wasm" +
// " " + "is no WebAssembly module: …".
func (e *RefusedError) Error() string { return e.Cause.Error() }

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Cause }

// Reason is one word for a refusal, as it stands in metrics.
type Reason string

// The reasons.
const (
	NotWasm       Reason = "not_wasm"       // something else, or a component
	Truncated     Reason = "truncated"      // the end of the file is missing
	Malformed     Reason = "malformed"      // the binary is not valid
	Unsupported   Reason = "unsupported"    // WebAssembly later than 2.0
	OverLimit     Reason = "limit"          // more of something than is allowed
	WASICommand   Reason = "wasi_command"   // a program, not a plugin
	OtherVersion  Reason = "abi_version"    // no marker, or another version's
	ImportsDiffer Reason = "imports"        // wants what the host does not have
	ExportsDiffer Reason = "exports"        // lacks what the host needs
	NotMeterable  Reason = "not_meterable"  // has names that only the host may give
	NotCompilable Reason = "not_compilable" // the compiler refuses it
	NoTime        Reason = "compile_time"   // takes longer to compile than is allowed
	NoMemory      Reason = "compile_memory" // takes more memory to compile than is allowed
	CompilerCrash Reason = "compile_crash"  // its compiler crashes
)

func refuse(reason Reason, format string, args ...any) error {
	return &RefusedError{Reason: reason, Cause: fmt.Errorf(format, args...)}
}

// clause is a part of a refusal: what is wrong, and with which symbols.
type clause struct {
	what    string
	symbols []string
}

// What of a module's own text is passed on in a refusal.
const (
	maxSymbols = 50  // of a clause
	maxSymbol  = 200 // bytes
)

// refuseSymbols joins the clauses that have symbols; nil if none has.
func refuseSymbols(reason Reason, clauses ...clause) error {
	var parts []string
	for _, c := range clauses {
		if len(c.symbols) == 0 {
			continue
		}
		shown := make([]string, min(len(c.symbols), maxSymbols))
		for i := range shown {
			shown[i] = plain(c.symbols[i], maxSymbol)
		}
		part := c.what + ": " + strings.Join(shown, ", ")
		if more := len(c.symbols) - len(shown); more > 0 {
			part += fmt.Sprintf(" and %d more", more)
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return nil
	}
	return refuse(reason, "%s", strings.Join(parts, "; "))
}

// plain makes a text with names of a module in it a part of a sentence: one
// line of a bounded length.
func plain(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text[:min(len(text), most)], "?"))
	return strings.Join(strings.Fields(text), " ")
}

// maxText is how much is passed on of what a compiler or a child says.
const maxText = 1000

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"fmt"
	"strings"
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
	WASICommand   Reason = "wasi_command"   // a program, not a plugin
	OtherVersion  Reason = "abi_version"    // no marker, or another version's
	ImportsDiffer Reason = "imports"        // wants what the host does not have
	ExportsDiffer Reason = "exports"        // lacks what the host needs
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

// refuseSymbols joins the clauses that have symbols; nil if none has.
func refuseSymbols(reason Reason, clauses ...clause) error {
	var parts []string
	for _, c := range clauses {
		if len(c.symbols) > 0 {
			parts = append(parts, c.what+": "+strings.Join(c.symbols, ", "))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return refuse(reason, "%s", strings.Join(parts, "; "))
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tetratelabs/wazero/sys"

	"github.com/wasm-controller-manager/wcm/host/module"
)

// ErrDead says that an earlier call killed the instance; make another one.
var ErrDead = errors.New("instance is dead")

// ErrBusy says that the instance is in a call already, and that nothing was
// done: whoever calls or closes it does not own it.
var ErrBusy = errors.New("instance is in a call")

// ErrClosed says that the pool was closed.
var ErrClosed = errors.New("pool is closed")

// TrapError reports a guest that trapped or exited instead of answering. The
// instance is dead.
type TrapError struct {
	Plugin   string
	Digest   module.Digest
	Function string // the export that was called
	Cause    error  // what happened: "unreachable", "exit with code 2"
	Stack    string // the guest's stack, innermost function first, one per line; may be empty
	Stderr   string // the last of what the guest wrote during the call; may be empty
	// Context is why the call's context had ended by then, nil if it had not.
	Context error
}

// Error names plugin, function and cause, and what a dying guest said last,
// on one line. Stack and Stderr are for whoever wants more.
func (e *TrapError) Error() string {
	text := fmt.Sprintf("%s%s trapped: %v", subject(e.Plugin), e.Function, e.Cause)
	if e.Context != nil {
		text += " after " + e.Context.Error()
	}
	if last := headline(e.Stderr); last != "" {
		text += ": " + last
	}
	return text
}

// Unwrap returns the cause.
func (e *TrapError) Unwrap() error { return e.Cause }

// Is reports that the call outlived its context, for context.Canceled and
// context.DeadlineExceeded.
func (e *TrapError) Is(target error) bool {
	return (target == context.Canceled || target == context.DeadlineExceeded) && errors.Is(e.Context, target)
}

// TimeoutError reports a guest that was stopped because its time was over and
// it did not return. The instance is dead.
type TimeoutError struct {
	Plugin   string
	Digest   module.Digest
	Function string        // the export that was called
	After    time.Duration // how long it had been running
	Limit    string        // whose time was over: reconcileTimeout, startTimeout
	Fuel     uint64        // what the call spent; 0 if the guest is not metered
	Context  error         // context.DeadlineExceeded or context.Canceled
	Cause    error         // the context's
	Stack    string        // where it was, as in a TrapError
	Stderr   string        // the last of what it wrote, as in a TrapError
}

// Error names plugin, function, time and fuel.
func (e *TimeoutError) Error() string {
	why := e.Limit
	if errors.Is(e.Context, context.Canceled) {
		why = e.Cause.Error()
	}
	return fmt.Sprintf("%s%s stopped: still running after %v (%s), %d fuel spent",
		subject(e.Plugin), e.Function, e.After.Round(time.Millisecond), why, e.Fuel)
}

// Unwrap returns the context's error and its cause.
func (e *TimeoutError) Unwrap() []error { return []error{e.Context, e.Cause} }

// ResultError reports a guest whose answer is none: not the message that it
// should be, or not inside its memory. The instance is dead.
type ResultError struct {
	Plugin   string
	Digest   module.Digest
	Function string // the export that was called
	Cause    error  // an *abi.MalformedError names message and field
}

// Error names plugin, function and what is wrong with the answer.
func (e *ResultError) Error() string {
	return fmt.Sprintf("%sresult of %s: %v", subject(e.Plugin), e.Function, e.Cause)
}

// Unwrap returns the cause.
func (e *ResultError) Unwrap() error { return e.Cause }

// MemoryError reports a module whose memory is larger than its limit before it
// has run.
type MemoryError struct {
	Plugin          string
	Declared, Limit uint64 // bytes
}

// Error names plugin and sizes.
func (e *MemoryError) Error() string {
	return fmt.Sprintf("%sdeclares a memory of %d bytes, the limit is %d", subject(e.Plugin), e.Declared, e.Limit)
}

// RejectedError reports a guest that does not accept its configuration. The
// instance lives, but must not reconcile.
type RejectedError struct {
	Plugin  string
	Message string // the guest's words
}

// Error quotes the guest.
func (e *RejectedError) Error() string {
	return fmt.Sprintf("plugin %s rejects its settings: %s", e.Plugin, e.Message)
}

// subject begins an error's text with the plugin, if it is known.
func subject(plugin string) string {
	if plugin == "" {
		return ""
	}
	return "plugin " + plugin + ": "
}

// exitError replaces wazero's text for a guest that called proc_exit.
type exitError uint32

func (e exitError) Error() string { return fmt.Sprintf("exit with code %d", uint32(e)) }

// stackLimit bounds TrapError.Stack, in bytes.
const stackLimit = 4 << 10

// splitTrap takes wazero's error apart: it wraps the cause and carries the
// stack in its text.
func splitTrap(err error) (stack string, cause error) {
	if exit, ok := errors.AsType[*sys.ExitError](err); ok {
		return "", exitError(exit.ExitCode())
	}
	const marker = "\nwasm stack trace:\n\t"
	_, after, _ := strings.Cut(err.Error(), marker)
	stack = trim(strings.ReplaceAll(after, "\n\t", "\n"), stackLimit)
	for cause = err; errors.Unwrap(cause) != nil && strings.Contains(cause.Error(), marker); {
		cause = errors.Unwrap(cause)
	}
	if text, _, found := strings.Cut(cause.Error(), marker); found { // a panic with something that is no error
		cause = errors.New(strings.TrimSuffix(text, " (recovered by wazero)"))
	}
	return stack, cause
}

// headlineLimit bounds what of the guest's output stands in an error's text.
const headlineLimit = 200

// headline returns the line of the guest's output that says most: Go's panic,
// or the last one.
func headline(text string) string {
	last := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") {
			return trim(line, headlineLimit)
		}
		if line != "" {
			last = line
		}
	}
	return trim(last, headlineLimit)
}

// trim cuts a text off after limit bytes, at a character.
func trim(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit] + "…"
}

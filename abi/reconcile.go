// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

import (
	"time"
)

// Request asks a guest to reconcile one key.
type Request struct {
	Controller uint32 // index into Description.Controllers
	Namespace  string // empty for cluster-scoped objects
	Name       string
	Attempt    uint32 // how often this key has failed in a row, 0 the first time
	ID         string // identifies this reconcile in logs and events
	// Due is when the key wanted to be reconciled again, by RequeueAfter of its
	// last outcome that was done: nanoseconds since 1970. 0: it did not.
	Due uint64
}

// Append appends the wire form to b.
func (m *Request) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Controller))
	b = appendString(b, 2, m.Namespace)
	b = appendString(b, 3, m.Name)
	b = appendUint(b, 4, uint64(m.Attempt))
	b = appendString(b, 5, m.ID)
	return appendUint(b, 6, m.Due)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Request) Decode(b []byte) error {
	*m = Request{}
	return eachField("Request", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.uint32("controller", &m.Controller)
		case 2:
			return f.text("namespace", &m.Namespace)
		case 3:
			return f.text("name", &m.Name)
		case 4:
			return f.uint32("attempt", &m.Attempt)
		case 5:
			return f.text("id", &m.ID)
		case 6:
			return f.uint64("due", &m.Due)
		}
		return nil
	})
}

// Verdict says how a reconcile ended.
type Verdict uint32

// The verdicts. Numbers are append-only; a host treats one that it does not
// know as VerdictRetry.
const (
	VerdictDone     Verdict = 0 // forget the key, or come back after RequeueAfter
	VerdictRetry    Verdict = 1 // failed: try again with back-off
	VerdictTerminal Verdict = 2 // failed for good: only a change of an object wakes the key again
)

// String returns "done", "retry", "terminal", or "unknown".
func (v Verdict) String() string {
	switch v {
	case VerdictDone:
		return "done"
	case VerdictRetry:
		return "retry"
	case VerdictTerminal:
		return "terminal"
	}
	return "unknown"
}

// Outcome is what a guest answered to a [Request]. The zero Outcome, which
// takes no bytes at all, means done.
type Outcome struct {
	Verdict      Verdict
	RequeueAfter time.Duration // with VerdictDone: reconcile again after this time; 0: when something changes
	Message      string        // why it failed; for people
	Status       Status        // the status of the host call that made it fail, if one did
}

// Append appends the wire form to b.
func (m *Outcome) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Verdict))
	b = appendUint(b, 2, uint64(max(m.RequeueAfter, 0)))
	b = appendString(b, 3, m.Message)
	return appendUint(b, 4, uint64(m.Status))
}

// Decode sets m to the message in b, which it does not retain.
func (m *Outcome) Decode(b []byte) error {
	*m = Outcome{}
	return eachField("Outcome", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.uint32("verdict", (*uint32)(&m.Verdict))
		case 2:
			return f.duration("requeue_after", &m.RequeueAfter)
		case 3:
			return f.text("message", &m.Message)
		case 4:
			return f.uint32("status", (*uint32)(&m.Status))
		}
		return nil
	})
}

// Configuration is the parameter of wcm_configure, which the host calls once
// on every instance before its first reconcile.
type Configuration struct {
	Plugin   string // the name under which the module is installed
	Settings []byte // the plugin's settings as the body of a record in the shape Description.Settings
}

// Append appends the wire form to b.
func (m *Configuration) Append(b []byte) []byte {
	b = appendString(b, 1, m.Plugin)
	return appendBytes(b, 2, m.Settings)
}

// Decode sets m to the message in b; Settings aliases b.
func (m *Configuration) Decode(b []byte) error {
	*m = Configuration{}
	return eachField("Configuration", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("plugin", &m.Plugin)
		case 2:
			return f.bytes("settings", &m.Settings)
		}
		return nil
	})
}

// Change is the parameter of wcm_map: one watched object changed, and the
// guest says which keys that wakes.
type Change struct {
	Controller uint32 // index into Description.Controllers
	Watch      uint32 // index into Controller.Watches
	Before     []byte // the record before the change; empty when the object is new
	After      []byte // the record after the change; empty when the object is gone
}

// Append appends the wire form to b.
func (m *Change) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Controller))
	b = appendUint(b, 2, uint64(m.Watch))
	b = appendBytes(b, 3, m.Before)
	return appendBytes(b, 4, m.After)
}

// Decode sets m to the message in b; the records alias b.
func (m *Change) Decode(b []byte) error {
	*m = Change{}
	return eachField("Change", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.uint32("controller", &m.Controller)
		case 2:
			return f.uint32("watch", &m.Watch)
		case 3:
			return f.bytes("before", &m.Before)
		case 4:
			return f.bytes("after", &m.After)
		}
		return nil
	})
}

// Requests is the result of wcm_map; of each Request only the key counts.
type Requests struct{ Requests []Request }

// Append appends the wire form to b.
func (m *Requests) Append(b []byte) []byte {
	for i := range m.Requests {
		b = appendMessage(b, 1, &m.Requests[i])
	}
	return b
}

// Decode sets m to the message in b, which it does not retain.
func (m *Requests) Decode(b []byte) error {
	*m = Requests{}
	return eachField("Requests", b, func(f *field) error {
		if f.number != 1 {
			return nil
		}
		m.Requests = append(m.Requests, Request{})
		return f.embedded("requests", &m.Requests[len(m.Requests)-1])
	})
}

// Rejection is the result of wcm_configure: empty if the settings are good,
// else why they are not.
type Rejection struct{ Message string }

// Append appends the wire form to b.
func (m *Rejection) Append(b []byte) []byte { return appendString(b, 1, m.Message) }

// Decode sets m to the message in b, which it does not retain.
func (m *Rejection) Decode(b []byte) error {
	*m = Rejection{}
	return eachField("Rejection", b, func(f *field) error {
		if f.number != 1 {
			return nil
		}
		return f.text("message", &m.Message)
	})
}

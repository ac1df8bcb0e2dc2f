// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

// Status is the result code of a host function. Numbers are append-only:
// a number never changes its meaning, and a guest treats one that it does
// not know as StatusInternal.
type Status uint32

// The status codes. What a guest should conclude stands beside each.
const (
	StatusOK              Status = 0  // the result is the answer
	StatusNotFound        Status = 1  // the object does not exist (in the cache, or live if asked live)
	StatusAlreadyExists   Status = 2  // create: an object of this name exists
	StatusConflict        Status = 3  // the object changed since it was read: read again, decide again
	StatusInvalid         Status = 4  // the API server rejected the object (422); retrying the same cannot help
	StatusDenied          Status = 5  // the plugin holds no grant for this; the message names the missing one
	StatusForbidden       Status = 6  // the API server refused (403): RBAC, quota or admission
	StatusNotLeader       Status = 7  // this process may no longer write; stop, another one goes on
	StatusUnavailable     Status = 8  // the API server (http: the server) could not be reached or failed: retry later
	StatusTooManyRequests Status = 9  // throttled (429): retry after the time in the Error
	StatusNotReady        Status = 10 // the resource is not served or its cache is not filled yet: retry later
	StatusBadRequest      Status = 11 // the message is malformed or contradicts the description; a bug of the guest
	StatusTooLarge        Status = 12 // the message or its result exceeds a limit of the host
	StatusCanceled        Status = 13 // the reconcile's deadline has passed or the host stops
	StatusUnsupported     Status = 14 // known, but not for this resource or in this form
	StatusGone            Status = 15 // a continue token expired (410): list again from the start
	StatusInternal        Status = 16 // an error in the host; retry later
	// Statuses is the number of status codes of this version.
	Statuses = 17
)

var statusNames = [Statuses]string{
	"ok", "not_found", "already_exists", "conflict", "invalid", "denied", "forbidden", "not_leader",
	"unavailable", "too_many_requests", "not_ready", "bad_request", "too_large", "canceled",
	"unsupported", "gone", "internal",
}

// String returns the code's name as it stands in metrics, "not_found" for
// example, and "unknown" for a number that this version does not have.
func (s Status) String() string {
	if s < Statuses {
		return statusNames[s]
	}
	return "unknown"
}

// PackResult packs what a host function returns: the status in the upper and
// the length of the result in the lower 32 bits. PackResult(StatusOK, 5) is 5,
// PackResult(StatusNotFound, 2) is 1<<32 | 2.
func PackResult(s Status, length uint32) uint64 { return uint64(s)<<32 | uint64(length) }

// UnpackResult is the inverse of [PackResult].
func UnpackResult(v uint64) (Status, uint32) { return Status(v >> 32), uint32(v) }

// PackRange packs what a guest export returns: the address of a message in
// its linear memory in the upper and its length in the lower 32 bits.
// PackRange(0x1000, 16) is 0x1000_0000_0010.
func PackRange(address, length uint32) uint64 { return uint64(address)<<32 | uint64(length) }

// UnpackRange is the inverse of [PackRange].
func UnpackRange(v uint64) (address, length uint32) { return uint32(v >> 32), uint32(v) }

// Error is the result of an operation whose status is not StatusOK.
type Error struct {
	Message           string // for people
	Reason            string // Kubernetes' reason, "AlreadyExists" for example, if the API server gave one
	RetryAfterSeconds uint32 // with StatusTooManyRequests
	// Causes are the types of the causes that the API server gave, which tell
	// apart refusals of one reason: "NamespaceTerminating" for example.
	Causes []string
}

// Append appends the wire form to b.
func (m *Error) Append(b []byte) []byte {
	b = appendString(b, 1, m.Message)
	b = appendString(b, 2, m.Reason)
	b = appendUint(b, 3, uint64(m.RetryAfterSeconds))
	return appendStrings(b, 4, m.Causes)
}

// Decode sets m to the message in b, which it does not retain.
func (m *Error) Decode(b []byte) error {
	*m = Error{}
	return eachField("Error", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("message", &m.Message)
		case 2:
			return f.text("reason", &m.Reason)
		case 3:
			return f.uint32("retry_after_seconds", &m.RetryAfterSeconds)
		case 4:
			return f.texts("causes", &m.Causes)
		}
		return nil
	})
}

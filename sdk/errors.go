// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"errors"
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
)

// APIError is what an operation failed with.
type APIError struct {
	Operation  abi.Operation
	Resource   string // "v1/pods"; empty for operations without one
	Key        Key
	Status     abi.Status // what to conclude
	Reason     string     // Kubernetes' reason, "AlreadyExists" for example, if the API server gave one
	Message    string
	RetryAfter time.Duration // with StatusTooManyRequests
	Causes     []string      // types of Kubernetes' causes, "NamespaceTerminating" for example
}

// Error names the operation, the object and the cause.
func (e *APIError) Error() string {
	s := e.Operation.String()
	if e.Resource != "" {
		s += " " + e.Resource
	}
	if key := e.Key.String(); key != "" {
		s += " " + key
	}
	s += ": " + e.Status.String()
	if e.Message != "" {
		s += ": " + e.Message
	}
	return s
}

// StatusOf returns the status of the operation that err comes from:
// StatusOK for nil, StatusInternal for an error that no operation returned.
func StatusOf(err error) abi.Status {
	if err == nil {
		return abi.StatusOK
	}
	if e := (*APIError)(nil); errors.As(err, &e) {
		return e.Status
	}
	return abi.StatusInternal
}

// IsNotFound reports that the object does not exist.
func IsNotFound(err error) bool { return StatusOf(err) == abi.StatusNotFound }

// IsAlreadyExists reports that an object of the name exists.
func IsAlreadyExists(err error) bool { return StatusOf(err) == abi.StatusAlreadyExists }

// IsConflict reports that the object changed since it was read, or is another
// one: read again and decide again, most simply by returning the error.
func IsConflict(err error) bool { return StatusOf(err) == abi.StatusConflict }

// IsInvalid reports that the API server rejected the object; the same again
// cannot help.
func IsInvalid(err error) bool { return StatusOf(err) == abi.StatusInvalid }

// IsForbidden reports that the API server refused: RBAC, quota or admission.
func IsForbidden(err error) bool { return StatusOf(err) == abi.StatusForbidden }

// IsDenied reports that the plugin holds no grant for the operation.
func IsDenied(err error) bool { return StatusOf(err) == abi.StatusDenied }

// IsUnavailable reports that the API server, or a server of [Server.Do], could
// not be reached or failed.
func IsUnavailable(err error) bool { return StatusOf(err) == abi.StatusUnavailable }

// IsTooManyRequests reports that the API server or the host throttled the
// plugin, or that an eviction is refused for now.
func IsTooManyRequests(err error) bool { return StatusOf(err) == abi.StatusTooManyRequests }

// IsNotReady reports that the resource is not served, or its cache not filled
// yet.
func IsNotReady(err error) bool { return StatusOf(err) == abi.StatusNotReady }

// IsUnsupported reports that the resource does not have the operation.
func IsUnsupported(err error) bool { return StatusOf(err) == abi.StatusUnsupported }

// IgnoreNotFound returns nil if err is a not-found error, else err.
func IgnoreNotFound(err error) error {
	if IsNotFound(err) {
		return nil
	}
	return err
}

// ReasonOf returns Kubernetes' reason of the error, empty if it has none.
func ReasonOf(err error) string {
	if e := (*APIError)(nil); errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// HasCause reports whether the API server gave this cause, which tells apart
// refusals of one reason: "NamespaceTerminating" for example.
func HasCause(err error, cause string) bool {
	e := (*APIError)(nil)
	return errors.As(err, &e) && slices.Contains(e.Causes, cause)
}

// TerminalError wraps an error that trying again cannot mend: the key is not
// retried until something that the controller watches changes. A nil err
// stays nil.
func TerminalError(err error) error {
	if err == nil {
		return nil
	}
	return &terminalError{err}
}

type terminalError struct{ cause error }

func (e *terminalError) Error() string { return "terminal: " + e.cause.Error() }

func (e *terminalError) Unwrap() error { return e.cause }

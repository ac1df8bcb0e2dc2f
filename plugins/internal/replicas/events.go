// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicas

import (
	"errors"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// The reasons of events, which people and their tools search for.
const (
	reasonSuccessfulCreate = "SuccessfulCreate"
	reasonFailedCreate     = "FailedCreate" // also of the condition ReplicaFailure
	reasonSuccessfulDelete = "SuccessfulDelete"
	reasonFailedDelete     = "FailedDelete" // also of the condition ReplicaFailure
)

// causeNamespaceTerminating is the cause of the API server's refusal to create
// anything in a namespace that is being deleted.
const causeNamespaceTerminating = "NamespaceTerminating"

// manageError is why pods could not be created or deleted.
type manageError struct {
	reason string // of the condition ReplicaFailure
	cause  error
}

// failed returns nil if err is nil.
func failed(reason string, err error) *manageError {
	if err == nil {
		return nil
	}
	return &manageError{reason: reason, cause: err}
}

// Error returns the words of the API server if there are any.
func (e *manageError) Error() string { return words(e.cause) }

// Unwrap returns the cause.
func (e *manageError) Unwrap() error { return e.cause }

// words returns what the API server said, which is what people know from the
// events of other controllers, or else the whole error.
func words(err error) string {
	var refused *sdk.APIError
	if errors.As(err, &refused) && refused.Message != "" {
		return refused.Message
	}
	return err.Error()
}

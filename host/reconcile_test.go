// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/guest"
)

// TestTrapped tells the deaths of an instance from what may be the fault of
// others.
func TestTrapped(t *testing.T) {
	tests := []struct {
		err  error
		want bool
	}{
		{nil, false},
		{&guest.TrapError{Cause: errors.New("unreachable")}, true},
		{&guest.TimeoutError{Context: context.DeadlineExceeded, Cause: context.DeadlineExceeded}, true},
		{&guest.ResultError{Cause: errors.New("no outcome")}, true},
		{fmt.Errorf("instance: %w", &guest.TrapError{Cause: errors.New("unreachable")}), true},
		{context.DeadlineExceeded, false}, // waiting for an instance
		{guest.ErrClosed, false},
		{guestError("the API server is away"), false},
	}
	for _, test := range tests {
		if got := failed(test.err).Trap; got != test.want {
			t.Errorf("failed(%v).Trap = %v, want %v", test.err, got, test.want)
		}
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"
	"time"
)

// Time is a moment as the API server keeps it: it is written in whole seconds
// and UTC. The zero Time is an absent one.
type Time struct{ time.Time }

// NewTime returns t as a Time.
func NewTime(t time.Time) Time { return Time{t} }

// MicroTime is a moment that is written in microseconds, as leases and events
// have it.
type MicroTime struct{ time.Time }

// Now returns the current time, without a monotonic reading. Use it instead of
// time.Now, so that a test can set the clock.
func Now(ctx context.Context) time.Time { return instanceFrom(ctx).host.now() }

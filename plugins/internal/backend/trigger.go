// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Trigger is the moment of what led to a change: the earliest of those that
// are added. The zero Trigger is none.
type Trigger struct{ time.Time }

// Add adds a moment; the zero time is none.
func (t *Trigger) Add(moment time.Time) {
	if !moment.IsZero() && (t.IsZero() || moment.Before(t.Time)) {
		t.Time = moment
	}
}

// Annotate returns the annotations with the trigger time, or without one if
// there is none.
func (t *Trigger) Annotate(old sdk.Labels) sdk.Labels {
	if t.IsZero() {
		return old.Without(AnnotationTriggerTime)
	}
	return old.With(AnnotationTriggerTime, t.UTC().Format(time.RFC3339Nano))
}

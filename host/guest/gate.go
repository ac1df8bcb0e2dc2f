// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"runtime"
	"time"
)

// Gate is what instances go through to compute. It lets no more guests compute
// at once than there are processors for them, and decides whose. The operator
// calls Leave and Enter around what it waits for.
type Gate interface {
	// Enter waits for a place; after an error there is none to give back.
	Enter(ctx context.Context) error
	// Leave gives the place back.
	Leave()
	// Pass lets another go first if it is his turn, and returns when the caller
	// has a place again.
	Pass()
}

// enter waits until the guest may compute.
func (i *Instance) enter(ctx context.Context) error {
	if i.options.Gate == nil {
		return nil
	}
	return i.options.Gate.Enter(ctx)
}

// leave lets others compute.
func (i *Instance) leave() {
	if i.options.Gate != nil {
		i.options.Gate.Leave()
	}
}

// breath is how long a guest may compute before others get their turn: guests
// in front of the gate, goroutines that wait for a thread, and threads that wait
// for a processor, of this process and of an API server beside it. Being stopped
// for a collection takes no more than a yield.
const breath = 250 * time.Microsecond

// breathe gives others their turn if it is time to, and returns the time.
func (i *Instance) breathe(now time.Time) time.Time {
	t := &i.tank
	if now.Sub(t.breathed) < breath || i.call.over(now) { // who is to be stopped must not wait for it
		return now
	}
	if i.options.Gate != nil {
		i.options.Gate.Pass()
	}
	runtime.Gosched()
	yieldProcessor()
	now = time.Now()
	t.since, t.breathed = now, now
	return now
}

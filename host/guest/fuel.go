// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/host/meter"
)

// YieldFunction is the host function that a metered guest calls when its fuel
// is used up: () → the new fuel, which the guest stores. It is what
// module.Options.Yield wants.
var YieldFunction api.GoModuleFunction = api.GoModuleFunc(yield)

func yield(ctx context.Context, guest api.Module, stack []uint64) {
	i := instanceOf(ctx)
	if i.tank.global == nil {
		i.tank.attach(guest)
	}
	stack[0] = uint64(i.refuel())
}

// refuel gives a guest more fuel, or panics to stop it if its time is over.
func (i *Instance) refuel() int64 {
	t := &i.tank
	spent := t.settle()
	now := time.Now()
	t.adapt(spent, now)
	now = i.breathe(now)
	if stackSize(i.running) > maxStack {
		panic(errStack)
	}
	t.level = i.call.ration(t.slice, now)
	if i.call.over(now) {
		if t.exhausted() {
			panic(errOverdue)
		}
		t.level = leastFuel
	}
	return t.level
}

// tank is the account of the fuel of one instance. The guest counts down a
// global, which the host reads and sets between its steps.
type tank struct {
	global api.MutableGlobal // nil before the first yield, and if the guest is not metered
	level  int64             // of the global when the host saw it last
	spent  uint64            // since the call began
	last   uint64            // what spent may come to after the deadline; 0: the guest does not know of it

	slice    int64     // what the guest can use up in about sliceTime, or mostFuel
	since    time.Time // the guest has been using up level; zero: not only that
	breathed time.Time // other goroutines had a chance
}

const (
	// sliceTime is how far apart yields should be: far enough to cost nothing,
	// close enough to stop a guest in time.
	sliceTime = 500 * time.Microsecond
	// mostFuel bounds what a guest can do that was fast and becomes slow all at
	// once: half a million loads that each miss the caches take 10 ms. Code that
	// is fast uses it up in 0.2 ms, and a yield costs next to nothing of that.
	mostFuel  = 1 << 19
	leastFuel = 1 << 14
	// graceFuel is what a guest has to pass an error on and return, once it was
	// told that its time is over; those made with the Go SDK need up to 200,000.
	// Each time that it must be told again costs toldFuel of it.
	graceFuel = 1 << 19
	toldFuel  = 1 << 13
)

func (t *tank) attach(guest api.Module) {
	t.global, _ = guest.ExportedGlobal(meter.FuelGlobal).(api.MutableGlobal)
	t.slice = mostFuel
}

// start begins the account of a call.
func (t *tank) start(now time.Time) {
	t.spent, t.last, t.since, t.breathed = 0, 0, now, now
}

// settle takes note of what the guest has used up since it was called last,
// and returns it.
func (t *tank) settle() uint64 {
	if t.global == nil {
		return 0
	}
	left := int64(t.global.Get())
	spent := uint64(t.level - left)
	t.level = left
	t.spent += spent
	return spent
}

// adapt makes the slice fit the speed of what the guest does at present. What
// took only a part of a slice says little about that.
func (t *tank) adapt(spent uint64, now time.Time) {
	if !t.since.IsZero() && spent >= uint64(t.slice)/2 {
		t.slice = nextSlice(t.slice, spent, now.Sub(t.since))
	}
	t.since = now
}

// nextSlice returns the fuel for one sliceTime, from what was spent in the
// time that it took. It shrinks at once, so that the guest stays interruptible,
// and grows by no more than twice, should it be the machine that was slow.
func nextSlice(slice int64, spent uint64, took time.Duration) int64 {
	fits := float64(spent) * float64(sliceTime) / float64(max(took, 1))
	return int64(max(leastFuel, min(fits, 2*float64(slice), mostFuel)))
}

// told says that the guest is being told that its time is over. It has
// graceFuel from the first time on, and yields soon.
func (t *tank) told() {
	t.settle()
	if t.last > 0 {
		t.last -= min(t.last, toldFuel)
		return
	}
	t.last = t.spent + graceFuel
	if t.global != nil && t.level > leastFuel {
		t.level = leastFuel
		t.global.Set(leastFuel)
	}
}

// exhausted reports whether a guest whose time is over must be stopped.
func (t *tank) exhausted() bool { return t.spent >= t.last }

// waited says that the guest spent time other than computing.
func (t *tank) waited() { t.since = time.Time{} }

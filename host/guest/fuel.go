// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"runtime"
	"time"

	"github.com/tetratelabs/wazero/api"
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

// fuelGlobal is the name under which a metered guest exports its fuel.
const fuelGlobal = "wcm_meter_fuel"

// breath is how long a guest may compute before other goroutines get its
// thread. Being stopped for a collection takes no more than a yield.
const breath = 2 * time.Millisecond

// refuel gives a guest more fuel, or panics to stop it if its time is over.
func (i *Instance) refuel() int64 {
	t := &i.tank
	spent := t.settle()
	now := time.Now()
	t.adapt(spent, now)
	if now.Sub(t.breathed) >= breath {
		runtime.Gosched()
		now = time.Now()
		t.since, t.breathed = now, now
	}
	if i.call.over(now) {
		panic(errOverdue)
	}
	if size := stackSize(i.running); size > maxStack {
		panic(&stackError{size})
	}
	t.level = i.call.ration(t.slice, now)
	return t.level
}

// tank is the account of the fuel of one instance. The guest counts down a
// global, which the host reads and sets between its steps.
type tank struct {
	global api.MutableGlobal // nil before the first yield, and if the guest is not metered
	level  int64             // of the global when the host saw it last
	spent  uint64            // since the call began

	slice    int64     // what the guest can use up in about sliceTime
	since    time.Time // the guest has been using up level; zero: not only that
	breathed time.Time // other goroutines had a chance
}

const (
	// sliceTime is how far apart yields should be: far enough to cost nothing,
	// close enough to stop a guest in time.
	sliceTime = 500 * time.Microsecond
	leastFuel = 1 << 16
	mostFuel  = 1 << 22
	firstFuel = 1 << 19
	// lastFuel is the least that is given when time is nearly over.
	lastFuel = 1 << 14
)

func (t *tank) attach(guest api.Module) {
	t.global, _ = guest.ExportedGlobal(fuelGlobal).(api.MutableGlobal)
	t.slice = firstFuel
}

// start begins the account of a call.
func (t *tank) start(now time.Time) {
	t.spent, t.since, t.breathed = 0, now, now
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

// adapt makes the slice fit the speed of what the guest does at present.
func (t *tank) adapt(spent uint64, now time.Time) {
	if !t.since.IsZero() {
		t.slice = nextSlice(t.slice, spent, now.Sub(t.since))
	}
	t.since = now
}

// nextSlice returns the fuel for one sliceTime, from what was spent in the
// time that it took. One slow moment may be the machine's; so it shrinks at
// once, to stay interruptible, and grows by no more than twice.
func nextSlice(slice int64, spent uint64, took time.Duration) int64 {
	fits := float64(spent) * float64(sliceTime) / float64(max(took, 1))
	return int64(max(leastFuel, min(fits, 2*float64(slice), mostFuel)))
}

// grace gives the guest one more slice, to return in, from now on.
func (t *tank) grace() {
	if t.global == nil {
		return
	}
	t.settle()
	t.level = t.slice
	t.global.Set(uint64(t.level))
}

// waited says that the guest spent time other than computing.
func (t *tank) waited() { t.since = time.Time{} }

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"testing"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/host/meter"
)

func TestNextSlice(t *testing.T) {
	for _, c := range []struct {
		reason string
		slice  int64
		spent  uint64
		took   time.Duration
		want   int64
	}{
		{"as fast as before", 200_000, 200_000, sliceTime, 200_000},
		{"a little faster", 200_000, 200_000, 400 * time.Microsecond, 250_000},
		{"much faster: twice at most", 200_000, 200_000, time.Microsecond, 400_000},
		{"in no time that the clock can tell", 200_000, 200_000, 0, 400_000},
		{"much slower: at once", 500_000, 500_000, 5 * time.Millisecond, 50_000},
		{"not below the least", leastFuel, leastFuel, time.Second, leastFuel},
		{"not above the most", mostFuel, mostFuel, time.Microsecond, mostFuel},
		{"one instruction that costs more than the slice", 500_000, 16_000_000, 16 * time.Millisecond, 500_000},
	} {
		if got := nextSlice(c.slice, c.spent, c.took); got != c.want {
			t.Errorf("%s: nextSlice(%d, %d, %v) = %d, want %d", c.reason, c.slice, c.spent, c.took, got, c.want)
		}
	}
}

func TestRation(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		reason   string
		deadline time.Time
		want     int64
	}{
		{"no deadline", time.Time{}, 500_000},
		{"far away", now.Add(time.Minute), 500_000},
		{"half a slice away", now.Add(sliceTime / 2), 250_000},
		{"as good as here", now.Add(1), leastFuel},
	} {
		if got := (&call{deadline: c.deadline}).ration(500_000, now); got != c.want {
			t.Errorf("%s: %d, want %d", c.reason, got, c.want)
		}
	}
}

// metered is a guest whose fuel the test burns.
type metered struct {
	api.Module
	fuel global
}

func (m *metered) ExportedGlobal(name string) api.Global {
	if name != meter.FuelGlobal {
		return nil
	}
	return &m.fuel
}

type global struct {
	api.MutableGlobal
	value int64
}

func (g *global) Get() uint64  { return uint64(g.value) }
func (g *global) Set(v uint64) { g.value = int64(v) }

// burn spends fuel as metered code does: it is charged before it yields.
func (m *metered) burn(ctx context.Context, fuel int64) {
	if m.fuel.value -= fuel; m.fuel.value < 0 {
		stack := []uint64{0}
		yield(ctx, m, stack)
		m.fuel.value = int64(stack[0])
	}
}

// TestFuelIsExact: what calls have spent is what they burned, to the unit,
// however it falls on slices and calls.
func TestFuelIsExact(t *testing.T) {
	i, m := &Instance{}, &metered{}
	i.call.instance = i
	for n := range int64(200) {
		i.begin(t.Context(), limitReconcile)
		var want uint64
		for step := range n {
			fuel := 1 + step*step*step%700_001
			m.burn(&i.call, fuel)
			want += uint64(fuel)
			if step == 100 {
				i.tank.told()
			}
		}
		i.tank.settle()
		if got := i.Fuel(); got != want {
			t.Fatalf("call %d: %d fuel spent, want %d", n, got, want)
		}
		i.call.end()
	}
}

// TestGrace: a guest whose time is over is stopped when it yields, unless it
// was told so by an operation, which gives it fuel to return with.
func TestGrace(t *testing.T) {
	const step = 10_000
	for _, c := range []struct {
		reason       string
		told         int // times
		least, below int64
	}{
		{"it computes and does not know", 0, 0, step},
		{"an operation was canceled", 1, graceFuel - step, graceFuel + leastFuel + step},
		{"and eleven more", 12, graceFuel - 11*toldFuel - step, graceFuel - 11*toldFuel + leastFuel + step},
		{"it asks again and again", 1000, 0, 0},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		i, m := &Instance{}, &metered{}
		i.call.instance = i
		i.begin(ctx, limitReconcile)
		m.burn(&i.call, step)
		m.fuel.value, i.tank.level = 0, 0 // to yield at the next step
		cancel()
		var burned int64
		stopped := func() (stopped bool) {
			defer func() { stopped = recover() == any(errOverdue) }()
			for range c.told {
				i.call.overdue()
			}
			for ; burned < 2*graceFuel; burned += step {
				m.burn(&i.call, step)
			}
			return false
		}()
		if !stopped || burned < c.least || burned > c.below {
			t.Errorf("%s: stopped: %v, after %d fuel, want %d to %d", c.reason, stopped, burned, c.least, c.below)
		}
	}
}

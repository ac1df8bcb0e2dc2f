// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// notes is a gate that keeps what is done at it.
type notes struct {
	done   []string
	closed error
}

func (n *notes) Enter(context.Context) error {
	n.done = append(n.done, "enter")
	return n.closed
}

func (n *notes) Leave() { n.done = append(n.done, "leave") }
func (n *notes) Pass()  { n.done = append(n.done, "pass") }

func (n *notes) String() string { return strings.Join(n.done, " ") }

// TestBreath: a guest that computes passes the gate every now and then, and
// leaves it while it sleeps.
func TestBreath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := &notes{}
		i, m := &Instance{options: Options{Gate: gate}}, &metered{}
		i.call.instance = i
		i.begin(t.Context(), limitReconcile)
		compute := func(d time.Duration) {
			time.Sleep(d)
			m.burn(&i.call, m.fuel.value+1)
		}
		compute(breath / 2)
		if got := gate.String(); got != "" {
			t.Errorf("after half a breath: got %q, want nothing", got)
		}
		compute(breath / 2)
		compute(breath / 2)
		compute(breath)
		if got := gate.String(); got != "pass pass" {
			t.Errorf("after two breaths and a half: got %q, want two times pass", got)
		}
		i.sleep(int64(time.Second))
		if got := gate.String(); got != "pass pass leave enter" {
			t.Errorf("after a sleep: got %q, want that it leaves and enters", got)
		}
	})
}

// TestClosedGate: without a place there is no call, and the instance lives.
func TestClosedGate(t *testing.T) {
	closed := errors.New("closed")
	gate := &notes{closed: closed}
	i := &Instance{options: Options{Gate: gate}}
	if err := i.exchange(t.Context(), nil, "", nil, nil); !errors.Is(err, closed) || i.Dead() {
		t.Errorf("exchange: got error %v, dead %t, want the gate's error", err, i.Dead())
	}
	if got := gate.String(); got != "enter" {
		t.Errorf("got %q at the gate, want that nobody leaves who did not enter", got)
	}
}

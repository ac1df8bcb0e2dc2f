// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fair

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestTurns says who gets the one place of a gate, from steps such as "a" (a
// comes), "a+3" (a, who has the place, runs for 3 ms and passes) and "a-3"
// (and leaves). A is another goroutine of the plugin a.
func TestTurns(t *testing.T) {
	for _, c := range []struct {
		reason string
		steps  string
		want   string
	}{
		{"first come, first served, if all have run alike", "a b c a-0 b-0", "a b c"},
		{"a neighbour goes first when a flood passes", "a A b a+1", "a b"},
		{"and when one of the flood leaves", "a A b a-1", "a b"},
		{"the flood goes on when the neighbour leaves", "a A b a+1 b-1", "a b A"},
		{"who has run less goes on", "a b a+1 b+1 b+1 a+1 a+1", "a b a b"},
		{"goroutines of one plugin give way to each other", "a A a+1 A+1 a-1", "a A a A"},
		{"who gave way goes on behind the others of its plugin", "a A b a+1 b-1 A-1", "a b A a"},
		{"time that nobody else wanted is not counted", "a a+100 b a+1 b+1 b+1", "a b a"},
		{"nor that before everybody had gone through", "a b a+50 b-10 a-0 b a b+1", "a b a b a"},
		{"who comes in between starts where the others are", "a b a+9 b+10 a+5 c b+1 c+1 c+1 b-1", "a b a b c b c"},
		{"three take turns", "a b c a+1 b+1 c+1 c+1 a+1", "a b c a b"},
	} {
		synctest.Test(t, func(t *testing.T) {
			if got := stage(t, c.steps); got != c.want {
				t.Errorf("%s: %s\n got %s\nwant %s", c.reason, c.steps, got, c.want)
			}
		})
	}
}

// stage plays the steps and returns the order in which the place was taken.
func stage(t *testing.T, steps string) string {
	var (
		turns   []string // a goroutine appends when it has the only place
		gate    = NewGate(1)
		runners = map[string]*Runner{}
		actors  = map[string]chan string{}
	)
	gate.spare = &Runner{} // somebody else has it all the time
	for step := range strings.FieldsSeq(steps) {
		name, plugin := step[:1], strings.ToLower(step[:1])
		if runners[plugin] == nil {
			runners[plugin] = gate.Runner(nil)
		}
		if actors[name] == nil {
			actors[name] = make(chan string, 1)
			go act(t.Context(), name, runners[plugin], actors[name], &turns) // ends when the channel is closed
		}
		if len(step) > 1 {
			ms, err := strconv.Atoi(step[2:])
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(ms) * time.Millisecond)
		}
		actors[name] <- step
		synctest.Wait()
	}
	played := strings.Join(turns, " ")
	for _, steps := range actors {
		close(steps)
	}
	return played
}

func act(ctx context.Context, name string, r *Runner, steps <-chan string, turns *[]string) {
	inside := false
	for step := range steps {
		switch {
		case step == name:
			inside = r.Enter(ctx) == nil
		case step[1] == '+':
			r.Pass()
		default:
			r.Leave()
			inside = false
		}
		if inside && !strings.HasSuffix(strings.Join(*turns, " "), name) {
			*turns = append(*turns, name)
		}
	}
	if inside {
		r.Leave()
	}
}

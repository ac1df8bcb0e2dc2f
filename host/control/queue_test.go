// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestQueue(t *testing.T) {
	cases := []struct {
		name, reason string
		script       string // "+a" adds a, "." takes a key, "-a" is done with a
		want         string // what was taken; "none" if there was nothing
	}{
		{"once", "a key waits once", "+a +a . .", "a none"},
		{"not twice at a time", "a key in work is not taken", "+a . +a .", "a none"},
		{"again", "what is added during work waits until that is done", "+a . +a +b -a . .", "a b a"},
		{"done", "a key that was not added again has gone", "+a . -a .", "a none"},
		{"others", "a key in work holds no other back", "+a +b . +a . -a .", "a b a"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var q queue
			var got []string
			for step := range strings.FieldsSeq(c.script) {
				switch step[0] {
				case '+':
					q.add(key(step[1:]), false, time.Time{})
				case '-':
					q.done(key(step[1:]))
				default:
					next, _, ok := q.take(time.Time{})
					if !ok {
						next.Name = "none"
					}
					got = append(got, next.Name)
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("keys taken by %q, because %s: -want +got:\n%s", c.script, c.reason, diff)
			}
		})
	}
}

func TestDelays(t *testing.T) {
	cases := []struct {
		name, reason string
		script       string // "a5" adds a for second 5, "@6" takes what is due at second 6
		want         string
		next         string // the script's entries that were the next of all
	}{
		{"order", "the earliest first", "a3 b1 c2 @3", "b c a", "a3 b1"},
		{"not yet", "what is due later waits", "a3 b1 @2", "b", "a3 b1"},
		{"sooner", "an earlier time replaces a later one", "a9 b5 a2 @6", "a b", "a9 b5 a2"},
		{"later", "a later time does not replace an earlier one", "a2 a9 @6 @9", "a", "a2"},
		{"again", "a key that came may wait again", "a2 @2 a4 @4", "a a", "a2 a4"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var d delays
			var got, next []string
			for step := range strings.FieldsSeq(c.script) {
				second, _ := strconv.Atoi(step[1:])
				at := time.Unix(int64(second), 0)
				if step[0] != '@' {
					if d.add(key(step[:1]), at) {
						next = append(next, step)
					}
					continue
				}
				for k, ok := d.take(at); ok; k, ok = d.take(at) {
					got = append(got, k.Name)
				}
			}
			if diff := cmp.Diff([]string{c.want, c.next}, []string{strings.Join(got, " "), strings.Join(next, " ")}); diff != "" {
				t.Errorf("keys and next entries of %q, because %s: -want +got:\n%s", c.script, c.reason, diff)
			}
		})
	}
}

// A map that was large becomes small, and keeps what is in it.
func TestKeyMapShrinks(t *testing.T) {
	const many, left = 16 * shrinkFrom, 3
	var m keyMap[int]
	for i := range many {
		m.set(key(strconv.Itoa(i)), i)
	}
	for i := left; i < many; i++ {
		m.delete(key(strconv.Itoa(i)))
	}
	if m.most >= shrinkFrom {
		t.Errorf("map of %d keys has room for %d, want less than %d", m.len(), m.most, shrinkFrom)
	}
	for i := range left {
		if got, ok := m.get(key(strconv.Itoa(i))); !ok || got != i {
			t.Errorf("get(%d) = %d, %v, want what was set", i, got, ok)
		}
	}
}

// What is told of the queue, while Run runs and when it does not.
func TestQueueStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{answer: func(_ context.Context, a Attempt) Outcome {
			<-time.After(time.Minute)
			if a.Key.Name == "later" {
				return Outcome{RequeueAfter: time.Hour}
			}
			return Outcome{}
		}}
		o := &reports{}
		c := New(Options{Name: "test", Reconciler: r, Concurrency: 2, Observer: o})
		expect := func(want Queue) {
			t.Helper()
			synctest.Wait()
			if diff := cmp.Diff(want, c.Queue()); diff != "" {
				t.Fatalf("Queue(): -want +got:\n%s", diff)
			}
		}
		c.Add(key("later"))
		expect(Queue{}) // a standby has no queue to watch
		<-time.After(time.Hour)
		stop := run(t, c)
		expect(Queue{Added: 1})
		<-time.After(20 * time.Second)
		for i := range 3 {
			c.Add(key(fmt.Sprint(i)))
		}
		expect(Queue{Added: 4, Depth: 2, Unfinished: 20 * time.Second, Longest: 20 * time.Second})
		<-time.After(10 * time.Second)
		expect(Queue{Added: 4, Depth: 2, Unfinished: 40 * time.Second, Longest: 30 * time.Second})
		pass(time.Hour + time.Minute)
		expect(Queue{Added: 5, Delayed: 1, Unfinished: 30 * time.Second, Longest: 30 * time.Second})
		pass(time.Minute)
		expectStopped(t, stop)
		want := []time.Duration{0, 0, 40 * time.Second, time.Minute, 0}
		if diff := cmp.Diff(want, o.waited); diff != "" {
			t.Errorf("times in the queue: -want +got:\n%s", diff)
		}
	})
}

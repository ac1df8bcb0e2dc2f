// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func key(name string) Key { return Key{Namespace: "default", Name: name} }

func TestLanes(t *testing.T) {
	cases := []struct {
		name, reason string
		script       string // "n1" adds 1 to the normal lane, "l1" to the low one, "." takes a key
		want         string
	}{
		{"fifo", "each lane is first in, first out", "n1 n2 n3 . . .", "1 2 3"},
		{"low last", "changes go first", "l1 l2 n3 n4 . . . .", "3 4 1 2"},
		{"promote", "a change of a low key moves it, and only it", "l1 l2 l3 n2 . . .", "2 1 3"},
		{"no demotion", "a key that changed stays in the normal lane", "n1 l2 n3 l1 . . .", "1 3 2"},
		{"promoted key comes back low", "its old place is gone", "l1 l2 n1 . l1 . .", "1 2 1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var q queue
			var got []string
			for step := range strings.FieldsSeq(c.script) {
				if step == "." {
					next, _, _ := q.take(time.Time{})
					q.done(next)
					got = append(got, next.Name)
					continue
				}
				q.add(key(step[1:]), step[0] == 'l', time.Time{})
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("keys after %q, because %s: -want +got:\n%s", c.script, c.reason, diff)
			}
			if n := q.len(); n != 0 {
				t.Errorf("len() after %q = %d, want 0", c.script, n)
			}
		})
	}
}

// The low lane gets its share when the normal one never runs dry, and no more.
func TestLanesFairShare(t *testing.T) {
	var l lanes
	push := func(name string, low bool) { l.push(&item{key: key(name)}, low) }
	for i := range 3 {
		push(fmt.Sprint("low", i), true)
	}
	low := 0
	for i := range 10 * fairShare {
		push(strconv.Itoa(i), false)
		got := l.take().key.Name
		if i%fairShare == fairShare-1 && low < 3 {
			if got != fmt.Sprint("low", low) {
				t.Fatalf("key %d = %s, want low%d", i, got, low)
			}
			low++
			continue
		}
		if strings.HasPrefix(got, "low") {
			t.Fatalf("key %d = %s, want one of the normal lane", i, got)
		}
	}
}

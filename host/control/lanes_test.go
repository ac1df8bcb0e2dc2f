// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

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
			k := newKept()
			var got []string
			for step := range strings.FieldsSeq(c.script) {
				if step == "." {
					next := k.lanes.Pop()
					delete(k.keys, next)
					got = append(got, next.Name)
					continue
				}
				k.add(key(step[1:]), step[0] == 'l')
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("keys after %q, because %s: -want +got:\n%s", c.script, c.reason, diff)
			}
			if n := k.lanes.Len(); n != 0 {
				t.Errorf("Len() after %q = %d, want 0", c.script, n)
			}
		})
	}
}

// The low lane gets its share when the normal one never runs dry, and no more.
func TestLanesFairShare(t *testing.T) {
	l := newLanes()
	l.pushLow = true
	for i := range 3 {
		l.Push(key(fmt.Sprint("low", i)))
	}
	l.pushLow = false
	low := 0
	for i := range 10 * fairShare {
		l.Push(key(strconv.Itoa(i)))
		if i%fairShare == fairShare-1 && low < 3 {
			low++
			if got := l.Pop().Name; got != fmt.Sprint("low", low-1) {
				t.Fatalf("key %d = %s, want low%d", i, got, low-1)
			}
			continue
		}
		if got := l.Pop().Name; strings.HasPrefix(got, "low") {
			t.Fatalf("key %d = %s, want one of the normal lane", i, got)
		}
	}
}

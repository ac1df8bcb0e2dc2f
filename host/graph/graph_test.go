// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// id is the uid of a letter from a to f.
func id(letter string) UID { return ParseUID(text(letter)) }

func text(letter string) string { return "00000000-0000-4000-8000-00000000000" + letter }

// short are the letters of wakes, sorted.
func short(wakes []Wakes) string {
	var letters []string
	for _, w := range wakes {
		letters = append(letters, w.UID[len(w.UID)-1:])
	}
	slices.Sort(letters)
	return strings.Join(slices.Compact(letters), " ")
}

// TestWakes goes through the life of a few objects.
func TestWakes(t *testing.T) {
	g, r := New(Options{}), &resource{}
	var woken []Wakes
	cancel := g.Watch(func(w []Wakes) { woken = append(woken, w...) })
	put := func(letter, owners string, deleting bool) func() {
		n := &node{resource: r, deleting: deleting}
		for owner := range strings.FieldsSeq(owners) {
			n.owners = append(n.owners, id(owner))
		}
		return func() { g.put(id(letter), n, false) }
	}
	drop := func(letter string) func() { return func() { g.drop(id(letter), r) } }
	for _, step := range []struct {
		reason string
		do     func()
		want   string
	}{
		{"nobody waits for what has no owner", put("a", "", false), ""},
		{"what has an owner is looked at", put("b", "a", false), "b"},
		{"also of one that is not there", put("c", "a f", false), "c"},
		{"an owner that comes changes nothing", put("f", "", false), ""},
		{"what is owned is looked at when the owner is to go", put("a", "", true), "a b c"},
		{"an owner that is to go waits for what it owns", put("b", "", false), "a"},
		{"and what came to be owned", put("b", "a", false), "a b"},
		{"and what goes", drop("b"), "a"},
		{"what was owned by what went", drop("a"), "c"},
		{"a uid that is not there does not go again", drop("a"), ""},
		{"of another resource neither", func() { g.drop(id("c"), &resource{}) }, ""},
		{"the last that knew of the owner", put("c", "f", false), "c"},
	} {
		woken = nil
		step.do()
		if got := short(woken); got != step.want {
			t.Errorf("%s: woke %q, want %q", step.reason, got, step.want)
		}
	}
	if len(g.gone) != 0 || g.Size() != 2 || len(g.owned) != 1 {
		t.Errorf("there are %d objects, %d owners and %d that went; want 2, 1, 0", g.Size(), len(g.owned), len(g.gone))
	}
	woken = nil
	defer g.Watch(func(w []Wakes) { woken = append(woken, w...) })()
	if got := short(woken); got != "c" || !woken[0].Initial {
		t.Errorf("who watches later is told of %+v, want c, which was there", woken)
	}
	cancel()
	woken = nil
	g.forget(r)
	if g.Size() != 0 || len(g.owned) != 0 || len(woken) != 0 {
		t.Errorf("of a resource that is not served any more there are %d objects and %d owners, %d woken; want none", g.Size(), len(g.owned), len(woken))
	}
}

func TestParseUID(t *testing.T) {
	for _, uid := range []string{"0123abcd-4567-89ab-cdef-0123456789ab", "00000000-0000-4000-8000-00000000000a"} {
		if got := ParseUID(uid).String(); got != uid {
			t.Errorf("ParseUID(%s) is %s", uid, got)
		}
	}
	seen := map[UID]string{}
	for _, uid := range []string{"", "x", "0123ABCD-4567-89ab-cdef-0123456789ab", "0123abcd-4567-89ab-cdef-0123456789ag", "0123abcd+4567-89ab-cdef-0123456789ab", strings.Repeat("a", 36)} {
		u := ParseUID([]byte(uid))
		if u != ParseUID(uid) || u.String() != "" {
			t.Errorf("ParseUID(%q) is %v, %q; want the same each time, and no text", uid, u, u.String())
		}
		if other, known := seen[u]; known {
			t.Errorf("%q and %q are one uid", uid, other)
		}
		seen[u] = uid
	}
}

// TestHammer changes and asks at once.
func TestHammer(t *testing.T) {
	g, r := New(Options{}), &resource{}
	defer g.Watch(func([]Wakes) {})()
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 2000 {
				uid, owner := uid(worker, i%50), uid(worker, (i+1)%50)
				g.put(uid, &node{resource: r, owners: []UID{owner}, deleting: i%3 == 0}, false)
				g.Dependents("", nil)
				if i%2 == 0 {
					g.drop(uid, r)
				}
			}
			for i := range 50 {
				g.drop(uid(worker, i), r)
			}
		})
	}
	all.Wait()
	if g.Size() != 0 || len(g.owned) != 0 || len(g.gone) != 0 {
		t.Errorf("left are %d objects, %d owners and %d that went", g.Size(), len(g.owned), len(g.gone))
	}
}

func uid(worker, i int) UID { return ParseUID(fmt.Sprintf("00000000-0000-4000-%04d-%012d", worker, i)) }

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/project"
	"github.com/wasm-controller-manager/wcm/host/store"
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
	cancel := g.Watch(WatchOptions{Handler: func(w []Wakes) { woken = append(woken, w...) }})
	put := func(letter, owners string, deleting bool) func() {
		n := &node{resource: r, deleting: deleting}
		for owner := range strings.FieldsSeq(owners) {
			letter, free := strings.CutSuffix(owner, "-")
			n.owners = append(n.owners, edge{id(letter), !free})
		}
		return func() { g.put(id(letter), n, refersTo(), false) }
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
		{"and when it is to go in another way", put("a", "", true), "a b c"},
		{"an owner that is to go waits for all that blocks it", put("b", "", false), ""},
		{"what came to be owned is looked at", put("b", "a", false), "b"},
		{"something else blocks it when one goes", drop("b"), ""},
		{"nothing blocks it any more", put("c", "a- f", false), "a c"},
		{"what does not block it does not matter", put("b", "a-", false), "b"},
		{"nor when it goes", drop("b"), ""},
		{"the last goes", put("b", "a", false), "b"},
		{"it does", drop("b"), "a"},
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
	if len(g.gone) != 0 || g.Size() != 2 || len(g.owned) != 1 || len(g.blockers) != 1 {
		t.Errorf("there are %d objects, %d owners, %d blocked, and %d that went; want 2, 1, 1, 0", g.Size(), len(g.owned), len(g.blockers), len(g.gone))
	}
	woken = nil
	defer g.Watch(WatchOptions{Handler: func(w []Wakes) { woken = append(woken, w...) }})()
	if got := short(woken); got != "c" || !woken[0].Initial {
		t.Errorf("who watches later is told of %+v, want c, which was there", woken)
	}
	cancel()
	woken = nil
	put("f", "", true)()
	if len(woken) != 2 {
		t.Errorf("woken are %v, want f and c by the watch that has not ended", woken)
	}
}

// refersTo are references, each "Kind group name letter".
func refersTo(texts ...string) iter.Seq[project.Owner] {
	return func(yield func(project.Owner) bool) {
		for _, t := range texts {
			part := strings.Split(t, " ")
			owner := project.Owner{Kind: []byte(part[0]), APIVersion: []byte(part[1]), Name: []byte(part[2]), UID: []byte(text(part[3]))}
			if !yield(owner) {
				return
			}
		}
	}
}

// TestLooseOnly has a watcher that asks for what is loose, beside one that asks
// for everything.
func TestLooseOnly(t *testing.T) {
	g := New(Options{})
	sets := &resource{target: abi.Target{Group: "apps", Version: "v1", Kind: "Set"}}
	items := &resource{target: abi.Target{Version: "v1", Kind: "Item"}}
	var all, loose []Wakes
	var delivered, filtered counter
	g.Watch(WatchOptions{Handler: func(w []Wakes) { all = append(all, w...) }})
	g.Watch(WatchOptions{
		LooseOnly: true, Handler: func(w []Wakes) { loose = append(loose, w...) }, Delivered: &delivered, Filtered: &filtered,
	})
	put := func(letter string, of *resource, key store.Key, deleting bool, references ...string) func() {
		n := &node{resource: of, key: key, deleting: deleting}
		for ref := range refersTo(references...) {
			n.owners = append(n.owners, edge{ParseUID(ref.UID), true})
		}
		return func() { g.put(id(letter), n, refersTo(references...), false) }
	}
	drop := func(letter string, of *resource) func() { return func() { g.drop(id(letter), of) } }
	b := store.Key{Namespace: "x", Name: "b"}
	const owner = "Set apps/v1 a a"
	for _, step := range []struct {
		reason    string
		do        func()
		all, only string
	}{
		{"an owner that is not there", put("b", items, b, false, owner), "b", "b"},
		{"the owner comes", put("a", sets, store.Key{Namespace: "x", Name: "a"}, false), "", ""},
		{"it is there", put("b", items, b, false, owner), "b", ""},
		{"in another version", put("b", items, b, false, "Set apps/v2 a a"), "b", ""},
		{"under another name", put("b", items, b, false, "Set apps/v1 c a"), "b", "b"},
		{"of another kind", put("b", items, b, false, "Item apps/v1 a a"), "b", "b"},
		{"of another group", put("b", items, b, false, "Set v1 a a"), "b", "b"},
		{"once right and once wrong", put("b", items, b, false, owner, "Set apps/v1 c a"), "b", "b"},
		{"from another namespace", put("b", items, store.Key{Namespace: "y", Name: "b"}, false, owner), "b", "b"},
		{"from no namespace", put("b", items, store.Key{Name: "b"}, false, owner), "b", "b"},
		{"one of two is not there", put("b", items, b, false, owner, "Set apps/v1 f f"), "b", "b"},
		{"it comes, and is in no namespace", put("f", sets, store.Key{Name: "f"}, false), "", ""},
		{"both are there", put("b", items, b, false, owner, "Set apps/v1 f f"), "b", ""},
		{"what is deleted is never settled", put("b", items, b, true, owner, "Set apps/v1 f f"), "b", "b"},
		{"there is another one", put("c", items, store.Key{Namespace: "x", Name: "c"}, false, owner), "c", ""},
		{"the owner is to go", put("a", sets, store.Key{Namespace: "x", Name: "a"}, true), "a b c", "a b c"},
		{"while it goes", put("c", items, store.Key{Namespace: "x", Name: "c"}, false, owner), "c", "c"},
		{"the owner goes", drop("a", sets), "b c", "b c"},
		{"it has gone", put("c", items, store.Key{Namespace: "x", Name: "c"}, false, owner), "c", "c"},
		{"an object without owners", put("d", items, store.Key{Namespace: "x", Name: "d"}, false), "", ""},
		{"its resource is not served any more", func() { g.forget(sets) }, "b", "b"},
	} {
		all, loose = nil, nil
		step.do()
		if short(all) != step.all || short(loose) != step.only {
			t.Errorf("%s: woke %q, want %q; of what is loose %q, want %q", step.reason, short(all), step.all, short(loose), step.only)
		}
	}
	if delivered != 17 || filtered != 4 {
		t.Errorf("%d are delivered and %d filtered, want 17 and 4", delivered, filtered)
	}
}

type counter int

func (c *counter) Inc() { *c++ }

// TestForget has resources go, which shows no object to go.
func TestForget(t *testing.T) {
	g, stays, goes := New(Options{}), &resource{}, &resource{}
	g.put(id("a"), &node{resource: goes}, refersTo(), false)
	g.put(id("b"), &node{resource: stays, owners: []edge{{id("a"), true}}}, refersTo(), false)
	g.put(id("c"), &node{resource: stays, deleting: true}, refersTo(), false)
	g.put(id("d"), &node{resource: goes, owners: []edge{{id("c"), true}}}, refersTo(), false)
	var woken []Wakes
	g.Watch(WatchOptions{Handler: func(w []Wakes) { woken = append(woken, w...) }})
	woken = nil
	g.forget(goes)
	if got := short(woken); got != "b c" {
		t.Errorf("woken are %q, want b, whose owner is not known any more, and c, which waited", got)
	}
	if g.Size() != 2 || len(g.gone) != 0 {
		t.Errorf("there are %d objects, of which %d were seen to go; want 2 and none", g.Size(), len(g.gone))
	}
	g.forget(stays)
	if g.Size() != 0 || len(g.owned) != 0 || len(g.blockers) != 0 {
		t.Errorf("left are %d objects, %d owners and %d that are blocked", g.Size(), len(g.owned), len(g.blockers))
	}
}

// TestPlan has discoveries that differ from what is open: a resource in the group
// of apps, which has a name, and one in that of core.
func TestPlan(t *testing.T) {
	verbs := []string{"delete", "get", "list", "watch"}
	sets := abi.APIResource{Group: "apps", Version: "v1", Resource: "sets", Kind: "Set", Namespaced: true, Preferred: true, Verbs: verbs}
	maps := abi.APIResource{Version: "v1", Resource: "maps", Kind: "Map", Namespaced: true, Preferred: true, Verbs: verbs}
	with := func(change func(r *abi.APIResource)) abi.APIResource {
		r := sets
		change(&r)
		return r
	}
	older := with(func(r *abi.APIResource) { r.Version = "v1beta1" })
	for _, c := range []struct {
		rule          string
		resources     []abi.APIResource
		failed        []string
		opens, closes string
	}{
		{"nothing has changed", []abi.APIResource{sets, maps}, nil, "", ""},
		{"one is gone", []abi.APIResource{maps}, nil, "", "sets"},
		{"one came", []abi.APIResource{sets, maps, {Group: "apps", Version: "v1", Resource: "jobs", Preferred: true, Verbs: verbs}}, nil, "jobs", ""},
		{"another version is preferred", []abi.APIResource{older, maps}, nil, "sets", "sets"},
		{"a version that is not preferred came", []abi.APIResource{sets, maps, with(func(r *abi.APIResource) { r.Version, r.Preferred = "v2", false })}, nil, "", ""},
		{"another scope", []abi.APIResource{with(func(r *abi.APIResource) { r.Namespaced = false }), maps}, nil, "sets", "sets"},
		{"another kind", []abi.APIResource{with(func(r *abi.APIResource) { r.Kind = "Group" }), maps}, nil, "sets", "sets"},
		{"it cannot be deleted any more", []abi.APIResource{with(func(r *abi.APIResource) { r.Verbs = verbs[1:] }), maps}, nil, "", "sets"},
		{"its group does not answer", []abi.APIResource{maps}, []string{"apps/v1"}, "", ""},
		{"its group answers for another version", []abi.APIResource{older, maps}, []string{"apps/v1"}, "", ""},
		{"another group does not answer", []abi.APIResource{maps}, []string{"v1", "batch/v1"}, "", "sets"},
		{"the core group does not answer", []abi.APIResource{sets}, []string{"v1"}, "", ""},
		{"events", []abi.APIResource{sets, maps, {Version: "v1", Resource: "events", Preferred: true, Verbs: verbs}, {Group: "events.k8s.io", Version: "v1", Resource: "events", Preferred: true, Verbs: verbs}}, nil, "", ""},
		{"other things of this name", []abi.APIResource{sets, maps, {Group: "parties.example.com", Version: "v1", Resource: "events", Preferred: true, Verbs: verbs}}, nil, "events", ""},
	} {
		open := map[name]*resource{}
		for _, r := range []abi.APIResource{sets, maps} {
			open[name{r.Group, r.Resource}] = &resource{target: abi.Target{Group: r.Group, Version: r.Version, Resource: r.Resource, Kind: r.Kind}, scoped: true}
		}
		opens, closes := plan(open, &abi.Discovery{Resources: c.resources, Failed: c.failed})
		var openNames, closeNames []string
		for n := range opens {
			openNames = append(openNames, n.resource)
		}
		for _, n := range closes {
			closeNames = append(closeNames, n.resource)
		}
		if got := strings.Join(openNames, " "); got != c.opens {
			t.Errorf("%s: opens %q, want %q", c.rule, got, c.opens)
		}
		if got := strings.Join(closeNames, " "); got != c.closes {
			t.Errorf("%s: closes %q, want %q", c.rule, got, c.closes)
		}
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
	defer g.Watch(WatchOptions{Handler: func([]Wakes) {}})()
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 2000 {
				uid, owner := uid(worker, i%50), uid(worker, (i+1)%50)
				g.put(uid, &node{resource: r, owners: []edge{{owner, i%5 == 0}}, deleting: i%3 == 0}, refersTo(), false)
				_ = g.Dependents("", nil) // not ready
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
	if g.Size() != 0 || len(g.owned) != 0 || len(g.blockers) != 0 || len(g.gone) != 0 {
		t.Errorf("left are %d objects, %d owners, %d blocked and %d that went", g.Size(), len(g.owned), len(g.blockers), len(g.gone))
	}
}

func uid(worker, i int) UID { return ParseUID(fmt.Sprintf("00000000-0000-4000-%04d-%012d", worker, i)) }

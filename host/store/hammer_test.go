// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/wasm-controller-manager/wcm/abi"
)

// TestHammer has writers that report their writes, others that do not, a watch
// that lags, breaks and forgets, readers, watchers, and views that come and
// go. It holds that
//
//  1. after Written returns, a read gives that version or a newer one, or the
//     object is deleted;
//  2. after Deleted returns, no read gives that object again;
//  3. no reader sees an object go back in time;
//  4. the changes that a watcher was told of add up: each begins where the
//     one before it ended, and the last ends at the truth; also of one that is
//     told only of objects that meet a condition, which to it are all there are;
//  5. in the end all views and indexes show the truth, and no tombstone is left.
func TestHammer(t *testing.T) {
	const seeds = 12
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { newHammer(t, seed).run() })
		})
	}
}

type hammer struct {
	*testing.T
	seed  uint64
	fake  *fakeAPI
	set   *Set
	view  *View
	model *model
	picky *model // with a condition
	stop  chan struct{}

	mu   sync.Mutex
	dead map[string]bool // uids of which Deleted has returned
}

func newHammer(t *testing.T, seed uint64) *hammer {
	h := &hammer{T: t, seed: seed, fake: newFakeAPI(), stop: make(chan struct{}), dead: map[string]bool{}}
	h.fake.lagging = true
	h.set = NewSet(Options{Config: h.fake.config(), ListOnly: seed%2 == 1, Logger: testLogger(t)})
	run(t, h.set)
	projection := nodeShape
	if seed%3 == 2 {
		projection = rawShape
	}
	h.view = open(t, h.set, ViewOptions{
		Projection: shape(t, projection),
		Indexes:    []abi.Index{{Kind: abi.IndexField, Key: "status.phase"}},
	})
	if err := h.view.WaitForSync(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.model = &model{t: t, bodies: map[string]string{}}
	subscribe(t, h.view, nil, h.model.change)
	h.picky = &model{t: t, bodies: map[string]string{}}
	if projection == nodeShape {
		h.picky.where = []abi.Condition{{Field: "spec.nodeName", Values: []string{"1", "2"}}}
	}
	if _, err := h.view.Watch(WatchOptions{Where: h.picky.where, Handler: h.picky.change}); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *hammer) run() {
	var writers, others sync.WaitGroup
	for i := range 4 {
		writers.Go(func() { h.write(rand.New(rand.NewPCG(h.seed, uint64(i))), i%2 == 0) })
	}
	for i := range 3 {
		others.Go(func() { h.read(rand.New(rand.NewPCG(h.seed, 100+uint64(i)))) })
	}
	others.Go(func() { h.disturb(rand.New(rand.NewPCG(h.seed, 200))) })
	others.Go(func() { h.comeAndGo(rand.New(rand.NewPCG(h.seed, 300))) })
	writers.Wait()
	close(h.stop)
	others.Wait()
	h.settle()
}

func name(r *rand.Rand) string { return fmt.Sprint("pod-", r.IntN(6)) }

// write changes pods and tells the view if it is the one that must know.
func (h *hammer) write(r *rand.Rand, reports bool) {
	for range 150 {
		time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
		name := name(r)
		if r.IntN(4) == 0 {
			if uid, answer := h.fake.remove("default", name); uid != "" && reports {
				h.pause(r)
				h.deleted(name, uid, answer)
			}
			continue
		}
		answer := h.fake.put(makePod(name, onNode(fmt.Sprint(r.IntN(3))), phase(corev1.PodPhase(fmt.Sprint(r.IntN(2))))))
		if reports {
			h.pause(r)
			h.written(name, answer)
		}
	}
}

// pause lets the watch overtake an answer now and then.
func (h *hammer) pause(r *rand.Rand) {
	if r.IntN(3) == 0 {
		time.Sleep(time.Duration(r.IntN(30)) * time.Millisecond)
	}
}

func (h *hammer) written(name string, answer []byte) {
	written(h.T, h.view, answer)
	rec, err := h.view.lens.Load().generation.layout.record(answer)
	if err != nil {
		h.Error(err)
		return
	}
	want := cut(rec)
	got, ok := h.view.AppendGet(nil, "default", name)
	if !ok {
		if pod := h.fake.truth()[Key{"default", name}]; pod != nil && string(pod.UID) == string(want.uid) {
			h.Errorf("after Written of %s %s@%d: no object, and it lives on", name, want.uid, want.version)
		}
		return
	}
	if have := cut(got); have.version < want.version {
		h.Errorf("after Written of %s %s@%d: AppendGet gives %s@%d", name, want.uid, want.version, have.uid, have.version)
	}
}

func (h *hammer) deleted(name, uid string, answer []byte) {
	deleted(h.T, h.view, name, uid, answer)
	h.mu.Lock()
	h.dead[uid] = true
	h.mu.Unlock()
	if got, ok := h.view.AppendGet(nil, "default", name); ok && string(cut(got).uid) == uid {
		h.Errorf("after Deleted of %s %s: AppendGet gives it", name, uid)
	}
}

func (h *hammer) read(r *rand.Rand) {
	seen := map[string]uint64{}
	for h.running() {
		name := name(r)
		h.mu.Lock()
		dead := make(map[string]bool, len(h.dead))
		for uid := range h.dead {
			dead[uid] = true
		}
		h.mu.Unlock()
		rec, ok := h.view.AppendGet(nil, "default", name)
		if ok {
			got := cut(rec)
			if dead[string(got.uid)] {
				h.Errorf("AppendGet(%s) gives %s@%d, which Deleted has returned for", name, got.uid, got.version)
			}
			if got.version < seen[name] {
				h.Errorf("AppendGet(%s) gives version %d after %d", name, got.version, seen[name])
			}
			seen[name] = got.version
		}
		time.Sleep(time.Duration(r.IntN(10)) * time.Millisecond)
	}
}

func (h *hammer) running() bool {
	select {
	case <-h.stop:
		return false
	default:
		return true
	}
}

// disturb moves the watch along, and breaks it.
func (h *hammer) disturb(r *rand.Rand) {
	for h.running() {
		switch r.IntN(40) {
		case 0:
			h.fake.drop(r.IntN(2) == 0)
		case 1:
			h.fake.bookmark()
		default:
			h.fake.tell(uint64(r.IntN(4)))
		}
		time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
	}
}

// comeAndGo makes the union grow now and then.
func (h *hammer) comeAndGo(r *rand.Rand) {
	for i := 0; h.running(); i++ {
		field := fmt.Sprintf(`{status{%s string}}`, []string{"phase", "reason", "message", "podIP"}[i%4])
		v := open(h.T, h.set, ViewOptions{Projection: shape(h.T, field)})
		m := &model{t: h.T, bodies: map[string]string{}}
		subscribe(h.T, v, nil, m.change)
		time.Sleep(time.Duration(r.IntN(1000)) * time.Millisecond)
		v.Close()
	}
}

// settle lets the watch catch up and compares everything with the truth.
func (h *hammer) settle() {
	h.fake.set(func() { h.fake.lagging = false })
	time.Sleep(10 * time.Minute)
	h.fake.bookmark()
	synctest.Wait()
	same(h.T, h.fake, h.view)
	h.model.check(h.view)
	h.picky.check(h.view)
	table := h.view.lens.Load().generation.table
	if n := len(table.tombstones); n != 0 {
		h.Errorf("%d tombstones are left, want none: %v", n, table.tombstones)
	}
	rebuilt := map[string]int{}
	for _, ix := range table.indexes {
		for v, bucket := range ix.buckets {
			rebuilt[v] = len(bucket)
		}
	}
	want := map[string]int{}
	for _, pod := range h.fake.truth() {
		want[string(pod.Status.Phase)]++
	}
	if diff := cmp.Diff(want, rebuilt); diff != "" {
		h.Errorf("index by phase (-want +got):\n%s", diff)
	}
}

// model is what a watcher knows who believes what it is told.
type model struct {
	t      *testing.T
	bodies map[string]string // by name: uid and projected body
	where  []abi.Condition   // objects that do not meet them are none; of nodeShape
}

// sees reports whether an object is one for the watcher.
func (m *model) sees(rec []byte) bool {
	if m.where == nil {
		return true
	}
	where, err := newConditions(m.where, shape(m.t, nodeShape), shape(m.t, nodeShape))
	if err != nil {
		m.t.Fatal(err)
	}
	return where.hold(rec)
}

func (m *model) change(c Change) {
	before, had := c.AppendBefore(nil)
	after, has := c.AppendAfter(nil)
	had, has = had && m.sees(before), has && m.sees(after)
	if !had && !has {
		m.t.Errorf("change of %s from %q to %q is none of an object that the watcher asked for", c.Name, before, after)
	}
	known, knows := m.bodies[c.Name]
	if had != knows || had && identity(before) != known {
		m.t.Errorf("change of %s begins with %q (%t), the one before ended with %q (%t)", c.Name, identity(before), had, known, knows)
	}
	if had && has && identity(before) == identity(after) {
		m.t.Errorf("change of %s changes nothing: %q", c.Name, identity(after))
	}
	delete(m.bodies, c.Name)
	if has {
		m.bodies[c.Name] = identity(after)
	}
}

func identity(rec []byte) string {
	h := cut(rec)
	return fmt.Sprintf("%s %x", h.uid, h.body)
}

func (m *model) check(v *View) {
	got := map[string]string{}
	if err := v.List(ListQuery{}, func(rec []byte) bool {
		if m.sees(rec) {
			got[string(bytes.Clone(cut(rec).name))] = identity(rec)
		}
		return true
	}); err != nil {
		m.t.Error(err)
	}
	if diff := cmp.Diff(got, m.bodies); diff != "" {
		m.t.Errorf("what a watcher was told differs from the cache (-cache +told):\n%s", diff)
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

// informer is one resource: its views, and one or two generations of its cache.
//
// When a view wants fields that the cache lacks, the next generation is filled
// beside the serving one, from a list of its own. When it has all objects, the
// serving one stands still; when it has also caught up with that, it takes
// over, and watchers are told what differs. So nobody ever reads something
// older than what was read before.
//
// When a view goes, the cache stays as wide as it is until some view wants more:
// fields that nobody reads cost a little memory, a list costs the API server.
type informer struct {
	set        *Set
	resource   schema.GroupVersionResource
	name       string // "apps/v1/deployments"
	kind       string
	namespaced bool
	metrics    *metric.Resource

	odd sync.Map // paths of fields that did not fit, to say so once

	turn     sync.Mutex // held while anything below changes, and while handlers run
	views    []*View
	watchers audience
	serving  *generation // nil before the first list

	next atomic.Pointer[generation] // nil if serving is all that is wanted; set with turn held
}

func newInformer(s *Set, o ViewOptions) *informer {
	return &informer{
		set:        s,
		resource:   o.Resource,
		name:       resourceName(o.Resource),
		kind:       o.Kind,
		namespaced: o.Namespaced,
		metrics:    s.options.Metrics.Resource(resourceName(o.Resource)),
	}
}

// add makes the view one of the informer's. The caller holds the set's mu.
func (inf *informer) add(v *View) {
	inf.turn.Lock()
	defer inf.turn.Unlock()
	inf.views = append(inf.views, v)
	latest := inf.next.Load()
	if latest == nil {
		latest = inf.serving
	}
	if latest == nil || !latest.layout.covers(&v.inner) {
		if latest = inf.next.Load(); latest != nil {
			latest.stop()
		}
		g := inf.newGeneration()
		inf.next.Store(g)
		inf.set.start(g)
	}
	for _, g := range inf.generations() {
		inf.indexes(g)
	}
	if inf.serving != nil {
		v.focus(inf.serving)
	}
}

// newGeneration returns one that has what all views want.
func (inf *informer) newGeneration() *generation {
	union := record.Shape{Kind: record.Struct}
	for _, v := range inf.views {
		union = record.Union(union, v.inner)
	}
	compiled := scheme.Scheme.KnownTypes(inf.resource.GroupVersion())[inf.kind]
	g := newGeneration(inf, newLayout(union, compiled))
	if inf.serving != nil {
		g.table.inherit(inf.serving.table)
		g.goal = inf.serving.table.newest()
	}
	return g
}

// generations returns the serving and the next one, as far as there are.
func (inf *informer) generations() []*generation {
	return slices.DeleteFunc([]*generation{inf.serving, inf.next.Load()}, func(g *generation) bool { return g == nil })
}

// indexes makes the generation have the indexes of the views that it covers.
func (inf *informer) indexes(g *generation) {
	wanted := map[indexSpec]bool{}
	for _, v := range inf.views {
		if len(v.indexes) == 0 || !v.reads(g) && !g.layout.covers(&v.inner) {
			continue
		}
		for _, ix := range v.indexes {
			wanted[ix] = true
			g.table.ensureIndex(ix)
		}
	}
	g.table.dropIndexes(wanted)
}

// promote makes the next generation the serving one. The caller holds turn.
func (inf *informer) promote(g *generation) {
	old := inf.serving
	inf.serving = g
	inf.next.Store(nil)
	for _, v := range inf.views {
		v.focus(g)
	}
	for _, w := range inf.watchers.all {
		w.refocus(old, g)
	}
	inf.metrics.Synced.Set(1)
	inf.measure()
	inf.set.logger.Info("Cache filled", "resource", inf.name, "objects", g.table.len(), "metadata", g.layout.metadata, "protobuf", g.layout.proto != nil)
}

// measure says how large the serving cache is. The caller holds turn.
func (inf *informer) measure() {
	objects, bytes := inf.serving.table.size()
	inf.metrics.Objects.Set(float64(objects))
	inf.metrics.Bytes.Set(float64(bytes))
}

// deliver tells all watchers of changes. The caller holds turn.
func (inf *informer) deliver(changes ...change) {
	inf.measure()
	for _, c := range changes {
		inf.watchers.tell(c)
	}
}

// removeView takes a view and its watchers away and returns how many views
// are left. Without any, nothing is read any more.
func (inf *informer) removeView(v *View) int {
	inf.turn.Lock()
	defer inf.turn.Unlock()
	inf.views = slices.DeleteFunc(inf.views, func(o *View) bool { return o == v })
	inf.watchers.remove(v, func(w *watcher) bool { return w.view == v })
	for _, g := range inf.generations() {
		if len(inf.views) == 0 {
			g.stop()
		}
		inf.indexes(g)
	}
	return len(inf.views)
}

// written puts an object that we wrote into all generations.
func (inf *informer) written(object []byte) error {
	inf.turn.Lock()
	defer inf.turn.Unlock()
	var errs []error
	for _, g := range inf.generations() {
		rec, err := g.layout.record(object)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if c, ok := g.table.written(rec); ok && g == inf.serving {
			inf.deliver(c)
		}
	}
	return errors.Join(errs...)
}

// deleted hides an object that we deleted in all generations.
func (inf *informer) deleted(key Key, uid string, version uint64) {
	inf.turn.Lock()
	defer inf.turn.Unlock()
	for _, g := range inf.generations() {
		if c, ok := g.table.deleted(key, uid, version, now()); ok && g == inf.serving {
			inf.deliver(c)
		}
	}
}

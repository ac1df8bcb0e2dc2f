// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/tools/cache"
)

// now is the time for tombstones.
func now() time.Time { return time.Now() }

// generation is one cache of a resource with the reflector that fills it. It is
// the reflector's store; those methods are called by one goroutine.
type generation struct {
	informer *informer
	layout   *layout
	table    *table
	stop     func() // ends the reflector; may be called often
	stopped  chan struct{}
	problem  atomic.Pointer[Problem]

	// guarded by the informer's turn
	listed bool   // has had its first list
	frozen bool   // is about to be replaced: takes no events any more
	goal   uint64 // of the next generation: the version at which it takes over
}

// The interfaces by which a reflector fills a generation.
var (
	_ cache.ReflectorStore         = (*generation)(nil)
	_ cache.ReflectorBookmarkStore = (*generation)(nil)
)

func newGeneration(inf *informer, l *layout) *generation {
	g := &generation{informer: inf, layout: l, table: newTable(l), stopped: make(chan struct{})}
	g.stop = sync.OnceFunc(func() { close(g.stopped) })
	l.mismatched, l.failed = inf.mismatched, inf.metrics.Errors.Inc
	return g
}

// Add takes an added object from the watch.
func (g *generation) Add(o any) error {
	g.informer.metrics.Added.Inc()
	return g.report(o, g.table.observe)
}

// Update takes a modified object from the watch.
func (g *generation) Update(o any) error {
	g.informer.metrics.Modified.Inc()
	return g.report(o, g.table.observe)
}

// Delete takes a deleted object from the watch.
func (g *generation) Delete(o any) error {
	g.informer.metrics.Deleted.Inc()
	return g.report(o, g.table.remove)
}

func (g *generation) report(o any, step func(rec []byte) (change, bool)) error {
	inf := g.informer
	inf.turn.Lock()
	defer inf.turn.Unlock()
	if g.frozen {
		return nil
	}
	c, ok := step(o.(*object).rec)
	if ok && g == inf.serving {
		inf.deliver(c)
	}
	g.advance()
	return nil
}

// Replace takes a whole list.
func (g *generation) Replace(items []any, version string) error {
	recs := make([][]byte, len(items))
	for i, item := range items {
		recs[i] = item.(*object).rec
	}
	inf := g.informer
	inf.metrics.Lists.Inc()
	inf.turn.Lock()
	defer inf.turn.Unlock()
	if g.frozen {
		return nil
	}
	changes := g.table.replace(recs, parseVersion(version), now())
	if g == inf.serving {
		inf.deliver(changes...)
	}
	g.listed = true
	g.advance()
	return nil
}

// Bookmark takes the news that the watch has told everything up to a version.
func (g *generation) Bookmark(version string) error {
	g.informer.metrics.Bookmarks.Inc()
	g.informer.turn.Lock()
	defer g.informer.turn.Unlock()
	if !g.frozen {
		g.table.bookmark(parseVersion(version), now())
		g.advance()
	}
	return nil
}

// Resync does nothing: nobody asks for one.
func (g *generation) Resync() error { return nil }

// advance lets a next generation take over as soon as it can. The caller
// holds turn.
func (g *generation) advance() {
	inf := g.informer
	if g != inf.next.Load() || !g.listed {
		return
	}
	if old := inf.serving; old != nil && !old.frozen {
		old.frozen = true
		old.stop()
		g.goal = old.table.newest()
	}
	if g.table.told() >= g.goal {
		inf.promote(g)
	}
}

// parseVersion returns 0 for a version that is no number.
func parseVersion(version string) uint64 {
	v, _ := strconv.ParseUint(version, 10, 64)
	return v
}

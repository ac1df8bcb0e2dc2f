// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"cmp"
	"slices"

	"github.com/wasm-controller-manager/wcm/host/store"
)

// Wakes is a uid about which something has changed.
type Wakes struct {
	UID string
	// Initial says that the object was there before: there is no hurry.
	Initial bool
}

// WatchOptions says what a watcher of a [Graph] wants to know.
type WatchOptions struct {
	// LooseOnly spares the handler an object that is not being deleted and has
	// settled owners only: each is there under the name that the reference has,
	// and is not being deleted. When that ends, the handler is called.
	LooseOnly bool
	// Handler is called with what has changed. It must not call methods of the
	// graph, nor keep its argument.
	Handler func([]Wakes)
	// Delivered counts the uids that Handler gets, Filtered those that it was
	// spared. Nil counts nothing.
	Delivered, Filtered store.Counter
}

type uncounted struct{}

func (uncounted) Inc() {}

// Watch calls the handler when
//
//   - an object that has owners, or is being deleted, comes or changes: with its uid;
//   - the last object that blocks the deletion of its owner, which is being deleted,
//     changes so that it does not, or goes: with the owner's uid;
//   - an object that is being deleted comes or changes, or any goes: with the uids of
//     those that it owns.
//
// A resource that is not served any more takes its objects with it, but they were
// not seen to go.
//
// Objects that are there come first, in this call. When cancel returns, the handler
// is not called any more.
func (g *Graph) Watch(o WatchOptions) (cancel func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	id := g.next
	g.next++
	o.Delivered = cmp.Or[store.Counter](o.Delivered, uncounted{})
	o.Filtered = cmp.Or[store.Counter](o.Filtered, uncounted{})
	g.watchers[id] = o
	var w wakes
	for uid, n := range g.nodes {
		switch {
		case len(n.owners) == 0 && !n.deleting:
		case o.LooseOnly && g.settled(n, n.references(g.Reader)):
			o.Filtered.Inc()
		default:
			w.uids = append(w.uids, uid)
		}
	}
	o.tell(w.told(true))
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.watchers, id)
	}
}

// wakes are uids, each once.
type wakes struct {
	uids    []UID
	settled bool // the first of them is only woken by itself, and is settled
}

func (w *wakes) add(uids ...UID) {
	for _, uid := range uids {
		if len(w.uids) > 8 || !slices.Contains(w.uids, uid) { // queues take them twice as well
			w.uids = append(w.uids, uid)
		}
	}
}

// told is what handlers are told.
func (w *wakes) told(initial bool) []Wakes {
	told := make([]Wakes, 0, len(w.uids))
	for _, uid := range w.uids {
		if text := uid.String(); text != "" {
			told = append(told, Wakes{text, initial})
		}
	}
	return told
}

// tell calls the handlers. The caller holds mu.
func (g *Graph) tell(w wakes, initial bool) {
	told := w.told(initial)
	for _, o := range g.watchers {
		if w.settled && o.LooseOnly && len(told) > 0 {
			o.Filtered.Inc()
			o.tell(told[1:])
			continue
		}
		o.tell(told)
	}
}

func (o *WatchOptions) tell(told []Wakes) {
	for range told {
		o.Delivered.Inc()
	}
	if len(told) > 0 {
		o.Handler(told)
	}
}

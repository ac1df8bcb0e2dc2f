// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Change says that an object is new, gone, or differs in what a watcher reads.
// It is valid during the call of the handler.
type Change struct {
	Namespace string
	Name      string
	// Initial says that the object was there before the watcher: nothing
	// happened, and there is no hurry.
	Initial bool

	before, after side
}

// side is an object before or after a change; rec is nil if there is none.
type side struct {
	rec  []byte
	lens *lens
}

// AppendBefore appends the record before the change, in the view's
// projection, to dst; it returns dst and false if the object is new.
func (c *Change) AppendBefore(dst []byte) ([]byte, bool) { return c.before.append(dst) }

// AppendAfter appends the record after the change, in the view's projection,
// to dst; it returns dst and false if the object is gone.
func (c *Change) AppendAfter(dst []byte) ([]byte, bool) { return c.after.append(dst) }

func (s *side) append(dst []byte) ([]byte, bool) {
	if s.rec == nil {
		return dst, false
	}
	return appendPart(dst, s.rec, s.lens.project), true
}

// watcher is one subscription.
type watcher struct {
	view      *View
	wake      record.Shape
	where     []abi.Condition
	beside    *View
	handler   func(Change)
	delivered Counter
	filtered  Counter

	focus *focus // nil until the view is synced; guarded by the informer's turn
}

// focus is how a watcher looks at one generation.
type focus struct {
	lens  *lens
	wake  *comparison
	where conditions
}

// WatchOptions says what a watcher wants to know.
type WatchOptions struct {
	// Wake is the fields whose change calls Handler, a part of the view's
	// projection or needs; nil stands for the projection.
	Wake *record.Shape
	// Where spares Handler the changes of objects that do not meet all of the
	// conditions, neither before nor after. Their fields are in Wake: so
	// an object that stops to meet them is a change, and one that starts to.
	Where []abi.Condition
	// Beside spares Handler the changes in namespaces in which this view, which
	// must be synced for that, shows nothing. Nil spares none.
	Beside *View
	// Handler is called for each change.
	Handler func(Change)
	// Delivered counts the calls of Handler, Filtered the changes that it was
	// spared. Nil counts nothing.
	Delivered, Filtered Counter
}

// Counter is a part of prometheus.Counter.
type Counter interface{ Inc() }

type noCounter struct{}

func (noCounter) Inc() {}

// Watch calls the handler for every change of bytes in the wake shape, and
// when an object comes, goes, or is replaced by another of its name. First, the
// objects that are there come as initial changes, in this call if the view is
// synced. What does not meet the conditions is left out.
//
// When cancel returns, no handler runs and none will be called; cancel must not
// be called by the handler.
func (v *View) Watch(o WatchOptions) (cancel func(), err error) {
	wake := cmp.Or(o.Wake, v.projection)
	if !has(&v.inner, *wake) {
		return nil, fmt.Errorf("watch of %s for plugin %q: %w", v.informer.name, v.plugin, errWake)
	}
	if _, err := newConditions(o.Where, v.projection, &v.inner); err != nil {
		return nil, fmt.Errorf("watch of %s for plugin %q: %w", v.informer.name, v.plugin, err)
	}
	w := &watcher{
		view:      v,
		wake:      wake.Canonical(),
		where:     o.Where,
		beside:    o.Beside,
		handler:   o.Handler,
		delivered: cmp.Or[Counter](o.Delivered, noCounter{}),
		filtered:  cmp.Or[Counter](o.Filtered, noCounter{}),
	}
	v.informer.watch(w)
	return func() { v.informer.unwatch(w) }, nil
}

var errWake = errors.New("the wake shape has fields that the projection lacks")

func (inf *informer) watch(w *watcher) {
	inf.turn.Lock()
	defer inf.turn.Unlock()
	inf.watchers.add(w)
	w.refocus(nil, inf.serving)
}

func (inf *informer) unwatch(w *watcher) {
	inf.turn.Lock()
	defer inf.turn.Unlock()
	inf.watchers.remove(w.view, func(o *watcher) bool { return o == w })
}

// refocus makes the watcher go over to a generation, and tells it how the
// objects there differ from what it knows.
func (w *watcher) refocus(from, to *generation) {
	l := w.view.lens.Load()
	if l == nil || l.generation != to {
		return // the view waits for a later generation
	}
	old := w.focus
	w.focus = &focus{
		lens: l, wake: to.comparison(&w.wake),
		where: must(newConditions(w.where, w.view.projection, &to.layout.shape)),
	}
	if old == nil {
		w.view.each(to.table, func(e *entry) { w.offer(old, change{after: e.rec}) })
		return
	}
	w.compare(old, from.table, to.table)
}

// compare tells the watcher of what differs between two tables.
func (w *watcher) compare(old *focus, from, to *table) {
	w.view.each(to, func(e *entry) {
		h := cut(e.rec)
		c := change{after: e.rec}
		if before := from.find(h.namespace, h.name); before != nil {
			c.before = before.rec
		}
		if c.before != nil && alike(old.wake, w.focus.wake, c) {
			return
		}
		w.offer(old, c)
	})
	w.view.each(from, func(e *entry) {
		h := cut(e.rec)
		if to.find(h.namespace, h.name) == nil {
			w.offer(old, change{before: e.rec})
		}
	})
}

// consider tells the watcher of a change if it is one for it.
func (w *watcher) consider(c change) {
	switch {
	case w.focus == nil || !w.sees(c):
		return
	case c.before != nil && c.after != nil && (c.same || w.focus.wake.alike(c)):
		w.filtered.Inc()
		return
	}
	w.offer(w.focus, c)
}

// offer calls the handler unless it is to be spared. The record before the change
// is of the old focus, nil if the watcher knows nothing yet.
func (w *watcher) offer(old *focus, c change) {
	if w.spared(old, c) {
		w.filtered.Inc()
		return
	}
	w.call(old, c)
}

func (w *watcher) spared(old *focus, c change) bool {
	if w.beside != nil && w.beside.empty(cut(c.record()).namespace) {
		return true
	}
	return len(w.where) > 0 && !w.focus.where.hold(c.after) && (old == nil || !old.where.hold(c.before))
}

// sees reports whether the view shows the object of a change.
func (w *watcher) sees(c change) bool {
	return w.view.showsRecord(c.record())
}

// call calls the handler. A nil old says that the watcher knows nothing yet.
func (w *watcher) call(old *focus, c change) {
	h := cut(c.record())
	key := h.key()
	out := Change{Namespace: key.Namespace, Name: key.Name, Initial: old == nil}
	out.after = side{rec: c.after, lens: w.focus.lens}
	if c.before != nil {
		out.before = side{rec: c.before, lens: old.lens}
	}
	w.delivered.Inc()
	w.handler(out)
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
)

// ViewOptions says what a view shows.
type ViewOptions struct {
	Resource   schema.GroupVersionResource
	Kind       string // finds the compiled type, by which protobuf is read
	Namespaced bool
	// Projection is the fields that the plugin reads, canonical; the view keeps it.
	Projection *record.Shape
	// Needs is what mappings read besides, see [MappingNeeds]; nil: nothing.
	Needs   *record.Shape
	Indexes []abi.Index
	// Shows limits the view to the objects for which it returns true; to
	// all others it is blind. It must not keep its arguments. Nil shows all.
	Shows func(namespace, name string) bool
	// Namespaces are all of which Shows may show something; nil: it may be any.
	Namespaces []string
	Plugin     string // for metrics and errors
}

// View is what one plugin sees of a resource.
type View struct {
	informer   *informer
	projection *record.Shape
	inner      record.Shape // projection, and what mappings and indexes need
	labelled   bool         // inner has the labels
	indexes    []indexSpec
	shows      func(namespace, name string) bool // nil: everything
	namespaces []string                          // of which it shows something; nil: any
	plugin     string
	ready      chan struct{} // closed when lens is set for the first time
	lens       atomic.Pointer[lens]
}

// lens is how a view reads one generation.
type lens struct {
	generation *generation
	project    *project.Transcoder // to the projection
	inner      *project.Transcoder
}

func newView(o ViewOptions) (*View, error) {
	if o.Projection == nil {
		return nil, errors.New("projection: missing")
	}
	if err := o.Projection.Validate(); err != nil {
		return nil, fmt.Errorf("projection: %w", err)
	}
	v := &View{
		projection: o.Projection,
		inner:      o.Projection.Canonical(),
		shows:      o.Shows,
		namespaces: o.Namespaces,
		plugin:     o.Plugin,
		ready:      make(chan struct{}),
	}
	if o.Needs != nil {
		v.inner = record.Union(v.inner, *o.Needs)
	}
	for _, ix := range o.Indexes {
		needs, err := indexNeeds(ix, o.Projection)
		if err != nil {
			return nil, err
		}
		v.inner = record.Union(v.inner, needs)
		v.indexes = append(v.indexes, newIndexSpec(ix, o.Projection))
	}
	v.labelled = has(&v.inner, project.LabelsShape())
	return v, nil
}

// focus makes the view read the generation if it has all that the view wants.
// The caller holds the informer's turn.
func (v *View) focus(g *generation) {
	projection, err := g.layout.part(v.projection)
	inner, err2 := g.layout.part(&v.inner)
	if err != nil || err2 != nil {
		return // a later generation will have it
	}
	if v.lens.Swap(&lens{generation: g, project: projection, inner: inner}) == nil {
		close(v.ready)
	}
}

// reads reports whether the view reads the generation already.
func (v *View) reads(g *generation) bool {
	l := v.lens.Load()
	return l != nil && l.generation == g
}

// Synced reports whether the view shows the resource. Once it does it goes on
// to, if need be with what it knew last; see [View.Problem].
func (v *View) Synced() bool { return v.lens.Load() != nil }

// WaitForSync waits until the view is synced. If ctx is done before that, the
// error says why it is not, as far as known.
func (v *View) WaitForSync(ctx context.Context) error {
	select {
	case <-v.ready:
		return nil
	case <-ctx.Done():
		err := context.Cause(ctx)
		if problem := v.Problem(); problem != nil {
			err = errors.Join(err, problem)
		}
		return fmt.Errorf("wait for the cache of %s: %w", v.informer.name, err)
	}
}

// Problem returns why the view shows nothing, or nothing new, a [*Problem];
// nil if all is well or nothing is known yet. It is retried all the time.
func (v *View) Problem() error {
	g := v.informer.next.Load()
	if l := v.lens.Load(); l != nil {
		g = l.generation
	}
	if g == nil {
		return nil
	}
	if p := g.problem.Load(); p != nil {
		return p
	}
	return nil
}

// Len returns how many objects the resource has in the cache.
func (v *View) Len() int {
	if l := v.lens.Load(); l != nil {
		return l.generation.table.len()
	}
	return 0
}

// empty reports whether the resource is known to have no objects in the namespace.
func (v *View) empty(namespace []byte) bool {
	l := v.lens.Load()
	return l != nil && v.Namespaced() && l.generation.table.empty(namespace)
}

// Namespaced reports whether the resource's objects are in namespaces.
func (v *View) Namespaced() bool { return v.informer.namespaced }

// Shows reports whether the view shows an object, if there is such a one.
func (v *View) Shows(namespace, name string) bool { return v.shows == nil || v.shows(namespace, name) }

// showsRecord is Shows of the object of a record, without a copy of its key.
func (v *View) showsRecord(rec []byte) bool {
	if v.shows == nil {
		return true
	}
	h := cut(rec)
	return v.shows(alias(h.namespace), alias(h.name))
}

// each visits all entries of a table that the view shows.
func (v *View) each(t *table, visit func(*entry)) {
	shown := func(e *entry) {
		if v.showsRecord(e.rec) {
			visit(e)
		}
	}
	if v.namespaces == nil {
		t.each(shown)
		return
	}
	for _, namespace := range v.namespaces {
		for _, e := range t.namespaces[namespace] {
			shown(e)
		}
	}
}

// AppendGet appends the record of an object, in the projection, to dst. It
// returns dst and false if the view shows no such object, or is not synced.
func (v *View) AppendGet(dst []byte, namespace, name string) ([]byte, bool) {
	l := v.lens.Load()
	if l == nil || !v.Shows(namespace, name) {
		return dst, false
	}
	rec := l.generation.table.get(namespace, name)
	if rec == nil {
		return dst, false
	}
	return appendPart(dst, rec, l.project), true
}

// appendPart appends the record with its body transcribed.
func appendPart(dst, rec []byte, part *project.Transcoder) []byte {
	if part.Same() {
		return append(dst, rec...)
	}
	body := cut(rec).body
	dst = append(dst, rec[:len(rec)-len(body)]...)
	return part.Append(dst, body)
}

// CurrentVersion compares what a guest observed with the cache. It returns the
// version that a write should name: the cache's, or the observed one if that is
// newer; and whether everything that is cached of the object, for whichever
// plugin, is still as it was at the observed version.
func (v *View) CurrentVersion(namespace, name string, observed uint64) (current uint64, unchanged, exists bool) {
	l := v.lens.Load()
	if l == nil || !v.Shows(namespace, name) {
		return observed, false, false
	}
	version, changed, ok := l.generation.table.current(namespace, name)
	if !ok {
		return observed, false, false
	}
	return max(version, observed), observed >= changed, true
}

// Close ends the view and its watchers. When it returns no handler runs and
// none will be called. The resource's informer ends with its last view.
func (v *View) Close() { v.informer.set.close(v) }

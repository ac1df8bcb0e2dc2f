// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// Reader reads what the graph needs of records in one projection.
type Reader struct {
	owners   *project.Owners
	deletion *project.Path
}

// NewReader returns a reader. It is an error if the projection lacks the owner
// references or the deletion timestamp.
func NewReader(projection *record.Shape) (*Reader, error) {
	owners, err := project.NewOwners(projection)
	if err != nil {
		return nil, err
	}
	deletion, err := project.NewPath(projection, "metadata.deletionTimestamp", record.Shape{Kind: record.Time})
	if err != nil {
		return nil, err
	}
	return &Reader{owners, deletion}, nil
}

// resource is one resource whose objects are in the graph.
type resource struct {
	graph   *Graph
	target  abi.Target
	scoped  bool // to namespaces
	view    *store.View
	cancel  func() // ends the watch of the view
	opened  time.Time
	filled  atomic.Bool // the graph was told of all objects that were there
	trigger func()      // nil, or called when objects come and go that stand for resources

	buffer []byte // of the handler, which runs one at a time
}

// add opens a resource. The caller holds following.
func (g *Graph) add(found *abi.APIResource, trigger func()) error {
	view, err := g.Open(found)
	if err != nil || view == nil {
		return err
	}
	r := &resource{
		graph: g, view: view, opened: time.Now(), trigger: trigger, scoped: found.Namespaced,
		target: abi.Target{Group: found.Group, Version: found.Version, Resource: found.Resource, Kind: found.Kind},
	}
	if r.cancel, err = view.Watch(store.WatchOptions{Handler: r.changed}); err != nil {
		view.Close()
		return fmt.Errorf("watch %s: %w", &r.target, err)
	}
	g.resources[name{found.Group, found.Resource}] = r
	return nil
}

// told reports whether the graph was told of all objects that were there at first.
// A view is synced a moment before its watchers are told, in whose turn another
// watch comes too late. The caller holds following.
func (r *resource) told() bool {
	if !r.filled.Load() && r.view.Synced() {
		if cancel, err := r.view.Watch(store.WatchOptions{Handler: func(store.Change) {}}); err == nil {
			cancel()
			r.filled.Store(true)
		}
	}
	return r.filled.Load()
}

// is reports whether the resource is the one that was found.
func (r *resource) is(found *abi.APIResource) bool {
	return found.Version == r.target.Version && found.Kind == r.target.Kind && found.Namespaced == r.scoped
}

// close ends the resource. The caller holds following.
func (r *resource) close() {
	r.cancel()
	r.view.Close()
}

// changed is the handler of the view.
func (r *resource) changed(c store.Change) {
	before, hadBefore := r.identity(c.AppendBefore)
	after, n, references := r.node(c)
	if hadBefore && (n == nil || before != after) {
		r.graph.drop(before, r)
	}
	if n != nil {
		r.graph.put(after, n, references, c.Initial)
	}
	if r.trigger != nil && !c.Initial && hadBefore != (n != nil) {
		r.trigger()
	}
}

// identity returns the uid of a side of a change.
func (r *resource) identity(side func([]byte) ([]byte, bool)) (UID, bool) {
	rec, there := side(r.buffer[:0])
	if !there {
		return UID{}, false
	}
	r.buffer = rec
	_, _, uid, _, _, err := record.CutHeader(rec)
	return ParseUID(uid), err == nil
}

// node returns the object after a change, nil if it is gone, and its references to
// owners, which are valid until the next change.
func (r *resource) node(c store.Change) (UID, *node, iter.Seq[project.Owner]) {
	rec, there := c.AppendAfter(r.buffer[:0])
	if !there {
		return UID{}, nil, nil
	}
	r.buffer = rec
	_, _, uid, _, body, err := record.CutHeader(rec)
	if err != nil {
		return UID{}, nil, nil
	}
	n := &node{resource: r, key: store.Key{Namespace: c.Namespace, Name: c.Name}}
	var text [64]byte
	_, n.deleting = r.graph.Reader.deletion.AppendText(text[:0], body)
	references := r.graph.Reader.owners.All(body)
	for owner := range references {
		e := edge{ParseUID(owner.UID), owner.Blocks}
		if i := slices.IndexFunc(n.owners, func(o edge) bool { return o.UID == e.UID }); i >= 0 {
			n.owners[i].blocks = n.owners[i].blocks || e.blocks
			continue
		}
		n.owners = append(n.owners, e)
	}
	return ParseUID(uid), n, references
}

// references returns the references of an object to owners, as the cache has it.
func (n *node) references(reader *Reader) iter.Seq[project.Owner] {
	rec, there := n.resource.view.AppendGet(nil, n.key.Namespace, n.key.Name)
	_, _, _, _, body, err := record.CutHeader(rec)
	if !there || err != nil {
		return func(func(project.Owner) bool) {} // it is going, which wakes who is to know
	}
	return reader.owners.All(body)
}

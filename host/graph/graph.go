// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package graph knows the objects of all resources by their uid, and which of
// them own which.
//
// A [Graph] has a view of every resource that can be listed, watched and deleted,
// and follows the API server as resources come and go. It keeps who is who; the
// objects themselves stay in the caches of package store, which it shares with
// everybody else. It decides nothing about them, and writes nothing.
//
// All methods are safe for concurrent use.
package graph

import (
	"iter"
	"log/slog"
	"slices"
	"sync"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// Options are the parts of a [Graph]. All are required.
type Options struct {
	// Open opens a view of a resource, with the owner references in its
	// projection; nil if nothing of it is to be seen. The graph closes it.
	Open   func(r *abi.APIResource) (*store.View, error)
	Reader *Reader // of the records of the views
	Logger *slog.Logger
}

// Graph is the objects of all resources by uid.
type Graph struct {
	Options

	following sync.RWMutex // held while resources come and go; taken before mu
	resources map[name]*resource

	mu       sync.RWMutex
	nodes    map[UID]*node
	owned    map[UID][]UID    // who has the owner, also one that is not there
	blockers map[UID]int      // how many of these block its deletion in the foreground
	gone     map[UID]identity // owners that were seen to go and are still named
	watchers map[int]WatchOptions
	next     int
	complete chan struct{} // closed when the resources of the first look are open
}

// name is what tells resources apart; of each the preferred version is watched.
type name struct{ group, resource string }

// identity says which object a uid was.
type identity struct {
	target *abi.Target
	rec    []byte // its header, as of a record without fields
}

// node is one object.
type node struct {
	resource *resource
	key      store.Key
	owners   []edge
	deleting bool
}

// edge is an owner of an object, each once.
type edge struct {
	UID
	blocks bool // its deletion in the foreground
}

// find returns whether an owner is one of them, and whether it is blocked.
func find(owners []edge, uid UID) (there, blocks bool) {
	for _, e := range owners {
		if e.UID == uid {
			return true, e.blocks
		}
	}
	return false, false
}

// New returns an empty graph. Nothing is looked at before [Graph.Follow].
func New(o Options) *Graph {
	return &Graph{
		Options:   o,
		resources: map[name]*resource{},
		nodes:     map[UID]*node{},
		owned:     map[UID][]UID{},
		blockers:  map[UID]int{},
		gone:      map[UID]identity{},
		watchers:  map[int]WatchOptions{},
		complete:  make(chan struct{}),
	}
}

// put takes an object that is new or has changed, with its references to owners.
func (g *Graph) put(uid UID, n *node, references iter.Seq[project.Owner], initial bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	old := g.nodes[uid]
	if old == nil {
		old = &node{}
	}
	g.nodes[uid] = n
	delete(g.gone, uid)
	var w wakes
	if len(n.owners) > 0 || n.deleting {
		w.add(uid)
		w.settled = !uid.hashed && g.settled(n, references)
	}
	g.relate(&w, uid, old.owners, n.owners)
	if n.deleting { // perhaps in another way than before
		w.add(g.owned[uid]...)
	}
	g.tell(w, initial)
}

// settled reports whether an object stays, and all that it names as its owners.
// The caller holds mu.
func (g *Graph) settled(n *node, references iter.Seq[project.Owner]) bool {
	if n.deleting {
		return false
	}
	for ref := range references {
		owner := g.nodes[ParseUID(ref.UID)]
		if owner == nil || owner.deleting || !owner.is(&ref) || owner.key.Namespace != "" && owner.key.Namespace != n.key.Namespace {
			return false
		}
	}
	return true
}

// is reports whether a reference that has the uid of the object is right in the
// rest, too.
func (n *node) is(ref *project.Owner) bool {
	of := &n.resource.target
	return n.key.Name == string(ref.Name) && of.Kind == string(ref.Kind) && of.Group == string(ref.Group())
}

// drop takes an object that is gone, which its resource must have put.
func (g *Graph) drop(uid UID, from *resource) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.nodes[uid]
	if n == nil || n.resource != from { // it lives on in another resource
		return
	}
	delete(g.nodes, uid)
	var w wakes
	g.relate(&w, uid, n.owners, nil)
	if dependents := g.owned[uid]; len(dependents) > 0 {
		header := record.Header{Namespace: n.key.Namespace, Name: n.key.Name, UID: uid.String()}
		g.gone[uid] = identity{&from.target, record.AppendHeader(nil, header)}
		w.add(dependents...)
	}
	g.tell(w, false)
}

// forget takes away all objects of a resource that is not served any more. They
// were not seen to go; those who named them as owners, or waited for them, have to
// find out what that means.
func (g *Graph) forget(r *resource) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var w wakes
	var forgotten []UID
	for uid, n := range g.nodes {
		if n.resource == r {
			delete(g.nodes, uid)
			forgotten = append(forgotten, uid)
			g.relate(&w, uid, n.owners, nil)
		}
	}
	for _, uid := range forgotten {
		w.add(g.owned[uid]...)
	}
	g.tell(w, false)
}

// relate replaces the owners of an object, and wakes those that are being deleted
// and are blocked no more. The caller holds mu.
func (g *Graph) relate(w *wakes, uid UID, before, after []edge) {
	for _, owner := range before {
		stays, blocks := find(after, owner.UID)
		if owner.blocks && !blocks {
			g.unblock(w, owner.UID)
		}
		if stays {
			continue
		}
		rest := slices.DeleteFunc(g.owned[owner.UID], func(d UID) bool { return d == uid })
		if g.owned[owner.UID] = rest; len(rest) == 0 {
			delete(g.owned, owner.UID)
			delete(g.gone, owner.UID) // nobody will ask any more
		}
	}
	for _, owner := range after {
		was, blocked := find(before, owner.UID)
		if owner.blocks && !blocked {
			g.blockers[owner.UID]++
		}
		if !was {
			g.owned[owner.UID] = append(g.owned[owner.UID], uid)
		}
	}
}

// unblock takes one away from those that block an owner. The caller holds mu.
func (g *Graph) unblock(w *wakes, owner UID) {
	if g.blockers[owner]--; g.blockers[owner] > 0 {
		return
	}
	delete(g.blockers, owner)
	if n := g.nodes[owner]; n != nil && n.deleting {
		w.add(owner)
	}
}

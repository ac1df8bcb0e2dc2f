// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"errors"
	"fmt"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
)

// patience is how long a resource that shows nothing makes the graph incomplete:
// one that answers too slowly must not stop the work on all others.
const patience = 30 * time.Second

var errLook = errors.New("the resources are not discovered yet")

// Ready returns why the graph may lack objects: resources are being read for the
// first time. Those that cannot be read are no reason; see [Graph.Problems].
func (g *Graph) Ready() error {
	g.following.RLock()
	defer g.following.RUnlock()
	return g.ready()
}

// ready is Ready. The caller holds following.
func (g *Graph) ready() error {
	select {
	case <-g.complete:
	default:
		return errLook
	}
	for _, r := range g.resources {
		if !r.told() && r.view.Problem() == nil && time.Since(r.opened) < patience {
			return fmt.Errorf("the cache of %s is not filled yet", &r.target)
		}
	}
	return nil
}

// Problems returns what is wrong with resources that cannot be read.
func (g *Graph) Problems() []error {
	g.following.RLock()
	defer g.following.RUnlock()
	var problems []error
	for _, r := range g.resources {
		if problem := r.view.Problem(); problem != nil {
			problems = append(problems, problem)
		}
	}
	return problems
}

// Visit is told of an object: of which resource, and its record in the projection
// of the view. An object that was seen to go, and is named as an owner, has a
// record that is its header alone. The record is valid during the call.
type Visit func(target *abi.Target, rec []byte)

// Find visits the object of a uid, as it is or as it went. The error is that of
// [Graph.Ready].
func (g *Graph) Find(uid string, visit Visit) error {
	g.following.RLock()
	defer g.following.RUnlock()
	if err := g.ready(); err != nil {
		return err
	}
	key := ParseUID(uid)
	g.mu.RLock()
	n, was := g.nodes[key], g.gone[key]
	g.mu.RUnlock()
	switch {
	case n != nil:
		n.visit(visit)
	case was.target != nil:
		visit(was.target, was.rec)
	}
	return nil
}

// Dependents visits the objects that name a uid as an owner. The error is that of
// [Graph.Ready]: none of them is missing because its resource is just being opened.
func (g *Graph) Dependents(uid string, visit Visit) error {
	g.following.RLock()
	defer g.following.RUnlock()
	if err := g.ready(); err != nil {
		return err
	}
	var nodes []*node
	g.mu.RLock()
	for _, dependent := range g.owned[ParseUID(uid)] {
		if n := g.nodes[dependent]; n != nil {
			nodes = append(nodes, n)
		}
	}
	g.mu.RUnlock()
	for _, n := range nodes {
		n.visit(visit)
	}
	return nil
}

// visit hands the record on, unless the object has gone just now.
func (n *node) visit(visit Visit) {
	if rec, there := n.resource.view.AppendGet(nil, n.key.Namespace, n.key.Name); there {
		visit(&n.resource.target, rec)
	}
}

// Size returns how many objects are in the graph.
func (g *Graph) Size() int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.nodes)
}

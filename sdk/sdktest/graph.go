// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"slices"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// vertex is an object of some resource.
type vertex struct {
	resource *abi.Resource
	object   Object
}

// graph is what a controller for any resource has seen, by uid.
type graph struct {
	seen map[string]vertex
	gone map[string]vertex // owners that went while others named them
}

// vertices returns the objects by uid, of all resources that are served with the
// verbs that it takes to be seen, in their preferred versions. The caller locks.
func (e *Env) vertices() map[string]vertex {
	all := map[string]vertex{}
	for i := range e.served {
		s := e.served[i]
		if !s.Preferred || !s.Can("delete", "get", "list", "watch") {
			continue
		}
		r := resourceOf(&e.served[i])
		for _, o := range e.store.list(r) {
			all[o.Text("metadata.uid")] = vertex{r, o.Object}
		}
	}
	return all
}

// owned reports whether an object names a uid as an owner.
func (v vertex) owned(by string) bool {
	return slices.ContainsFunc(v.object.owners(), func(o map[string]any) bool { return o["uid"] == by })
}

// blocked reports whether one of the objects blocks the deletion of the uid.
func blocked(objects map[string]vertex, uid string) bool {
	for _, v := range objects {
		for _, owner := range v.object.owners() {
			if owner["uid"] == uid && owner["blockOwnerDeletion"] == true {
				return true
			}
		}
	}
	return false
}

func (v vertex) deleting() bool { return v.object.Text("metadata.deletionTimestamp") != "" }

// wakeGraph wakes what a watch of any resource wakes: see [sdk.NewAny].
func (e *Env) wakeGraph(c uint32, looseOnly bool, shape *record.Shape) error {
	e.mu.Lock()
	is := e.vertices()
	e.mu.Unlock()
	was := e.graph.seen
	e.graph.seen = is
	for uid, before := range was {
		if _, there := is[uid]; !there {
			e.wakeOwned(c, is, uid, before)
		}
	}
	for uid, after := range is {
		before := was[uid]
		if after.deleting() && blocked(was, uid) && !blocked(is, uid) {
			e.wakeUID(c, uid)
		}
		changed, err := differ(shape, before.object, after.object)
		if err != nil {
			return err
		}
		if !changed {
			continue
		}
		switch {
		case len(after.object.owners()) == 0 && !after.deleting():
		case looseOnly && after.settled(is):
			e.queue.spared[item{c, sdk.Key{Name: uid}}] = true
		default:
			e.wakeUID(c, uid)
		}
		if after.deleting() {
			e.wakeOwned(c, is, uid, vertex{})
		}
	}
	return nil
}

func (e *Env) wakeUID(c uint32, uid string) { e.queue.due[item{c, sdk.Key{Name: uid}}] = e.Now() }

// wakeOwned wakes those who name the uid, of an object that went if it is given.
func (e *Env) wakeOwned(c uint32, is map[string]vertex, uid string, went vertex) {
	for dependent, v := range is {
		if v.owned(uid) {
			e.wakeUID(c, dependent)
			if went.object != nil {
				e.graph.gone[uid] = went
			}
		}
	}
}

// listGraph answers a list of any resource by uid or by owner.
func (e *Env) listGraph(m *abi.ListRequest, buffer []byte) ([]byte, error) {
	if err := e.hook(Operation{Op: abi.OpList, Resource: "any", Key: sdk.Key{Name: m.Value}}); err != nil {
		return nil, err
	}
	all := e.vertices()
	uids := make([]string, 0, len(all))
	for uid, v := range all {
		if m.Index.Kind == abi.IndexUID && uid == m.Value || m.Index.Kind == abi.IndexOwners && v.owned(m.Value) {
			uids = append(uids, uid)
		}
	}
	slices.Sort(uids)
	shape := e.description.Resources[m.Resource].Projection
	for _, uid := range uids {
		v := all[uid]
		rec, err := project(shape, v.object)
		if err != nil {
			return nil, err
		}
		buffer = v.appendTo(buffer, rec)
	}
	if gone, was := e.graph.gone[m.Value]; was && m.Index.Kind == abi.IndexUID && len(uids) == 0 {
		key := gone.object.Key()
		buffer = gone.appendTo(buffer, record.AppendHeader(nil, record.Header{Namespace: key.Namespace, Name: key.Name, UID: m.Value}))
	}
	return buffer, nil
}

func (v vertex) appendTo(buffer, rec []byte) []byte {
	r := v.resource
	target := abi.Target{Group: r.Group, Version: r.Version, Resource: r.Resource, Kind: r.Kind}
	return abi.AppendListTarget(abi.AppendListItem(buffer, rec), &target)
}

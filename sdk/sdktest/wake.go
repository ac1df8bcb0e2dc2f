// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"bytes"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// wake puts the keys into the queue that changes since the last time wake.
func (e *Env) wake() error {
	for c := range e.description.Controllers {
		for w := range e.description.Controllers[c].Watches {
			if err := e.wakeWatch(uint32(c), uint32(w)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Env) wakeWatch(c, w uint32) error {
	watch := &e.description.Controllers[c].Watches[w]
	r := &e.description.Resources[watch.Resource]
	shape := watch.Wake
	if shape == nil {
		shape = r.Projection
	}
	if r.Any() {
		return e.wakeGraph(c, watch.LooseOnly, shape)
	}
	is := map[sdk.Key]Object{}
	e.mu.Lock()
	for _, o := range e.store.list(r) {
		is[o.Key()] = o.Object
	}
	e.mu.Unlock()
	for seen, before := range e.queue.seen {
		if seen.controller == c && seen.watch == w && is[seen.key] == nil {
			delete(e.queue.seen, seen)
			if err := e.wakeKeys(c, w, before, nil); err != nil {
				return err
			}
		}
	}
	for key, after := range is {
		seen := watched{c, w, key}
		before := e.queue.seen[seen]
		e.queue.seen[seen] = after
		changed, err := differ(shape, before, after)
		if err == nil && changed {
			err = e.wakeKeys(c, w, before, after)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// differ reports whether a controller that reads the shape sees a change.
func differ(shape *record.Shape, before, after Object) (bool, error) {
	if before == nil || before.Text("metadata.uid") != after.Text("metadata.uid") {
		return true, nil
	}
	if before.Text("metadata.resourceVersion") == after.Text("metadata.resourceVersion") {
		return false, nil
	}
	was, err := body(shape, before)
	if err != nil {
		return false, err
	}
	is, err := body(shape, after)
	return !bytes.Equal(was, is), err
}

// wakeKeys puts the keys into the queue that the change of one object wakes, or
// notes that it would wake them if the watch did not leave it out.
func (e *Env) wakeKeys(c, w uint32, before, after Object) error {
	watch := &e.description.Controllers[c].Watches[w]
	keys, err := e.mapped(c, w, before, after)
	spared := e.spares(c, watch, before, after)
	for _, key := range keys {
		if spared {
			e.queue.spared[item{c, key}] = true
		} else {
			e.queue.due[item{c, key}] = e.Now()
		}
	}
	return err
}

// mapped returns the keys that the change of one object is mapped to.
func (e *Env) mapped(c, w uint32, before, after Object) ([]sdk.Key, error) {
	watch := &e.description.Controllers[c].Watches[w]
	if watch.Mapping == abi.MapGuest {
		return e.askGuest(c, w, before, after)
	}
	var keys []sdk.Key
	for _, o := range []Object{before, after} {
		if o != nil {
			keys = append(keys, e.keys(c, watch, o)...)
		}
	}
	return keys, nil
}

func (e *Env) askGuest(c, w uint32, before, after Object) ([]sdk.Key, error) {
	r := &e.description.Resources[e.description.Controllers[c].Watches[w].Resource]
	m := abi.Change{Controller: c, Watch: w}
	var err error
	if before != nil {
		if m.Before, err = project(r.Projection, before); err != nil {
			return nil, err
		}
	}
	if after != nil {
		if m.After, err = project(r.Projection, after); err != nil {
			return nil, err
		}
	}
	requests, err := e.guest.Map(e.t.Context(), m)
	var keys []sdk.Key
	for _, request := range requests {
		keys = append(keys, sdk.Key{Namespace: request.Namespace, Name: request.Name})
	}
	return keys, err
}

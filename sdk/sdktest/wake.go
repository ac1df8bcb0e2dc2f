// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"bytes"
	"slices"
	"strings"

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

// keys returns the keys that an object is mapped to.
func (e *Env) keys(c uint32, watch *abi.Watch, o Object) []sdk.Key {
	primary := e.primary(c)
	switch watch.Mapping {
	case abi.MapFor:
		return []sdk.Key{o.Key()}
	case abi.MapSingleton:
		return []sdk.Key{{}}
	case abi.MapLabel:
		return e.keyOf(primary, o.Text("metadata.namespace"), o.Labels().Get(watch.Key))
	case abi.MapField:
		return e.keyOf(primary, o.Text("metadata.namespace"), o.Text(watch.Key))
	case abi.MapOwns:
		return e.ownersOf(primary, watch, o)
	case abi.MapSelectedBy, abi.MapAll:
		return e.primariesOf(primary, watch, o)
	}
	return nil
}

// primary returns the resource of the controller's MapFor.
func (e *Env) primary(c uint32) *abi.Resource {
	for _, w := range e.description.Controllers[c].Watches {
		if w.Mapping == abi.MapFor {
			return &e.description.Resources[w.Resource]
		}
	}
	return &abi.Resource{}
}

func (e *Env) ownersOf(primary *abi.Resource, watch *abi.Watch, o Object) []sdk.Key {
	var keys []sdk.Key
	for _, owner := range o.owners() {
		version, _ := owner["apiVersion"].(string)
		group, _, grouped := strings.Cut(version, "/")
		if !grouped {
			group = ""
		}
		name, _ := owner["name"].(string)
		if owner["kind"] == primary.Kind && group == primary.Group && (watch.AnyOwner || owner["controller"] == true) {
			keys = append(keys, e.keyOf(primary, o.Text("metadata.namespace"), name)...)
		}
	}
	return keys
}

// clusterScoped are the resources of the core group without namespaces. Of
// others an object shows whether they have some.
var clusterScoped = []string{"componentstatuses", "namespaces", "nodes", "persistentvolumes"}

// keyOf returns the key of the primary object with the name, which may be
// cluster-scoped; none for an empty name.
func (e *Env) keyOf(primary *abi.Resource, namespace, name string) []sdk.Key {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case name == "":
		return nil
	case primary.Group == "" && slices.Contains(clusterScoped, primary.Resource), e.store.get(primary, sdk.Key{Name: name}) != nil:
		return []sdk.Key{{Name: name}}
	}
	return []sdk.Key{{Namespace: namespace, Name: name}}
}

// primariesOf returns all primary objects, or those that select the object.
func (e *Env) primariesOf(primary *abi.Resource, watch *abi.Watch, o Object) []sdk.Key {
	if watch.OrphansOnly && o.controller() != "" {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var keys []sdk.Key
	form := formOf(primary.Projection, watch.Key)
	for _, p := range e.store.list(primary) {
		if watch.Mapping == abi.MapAll || (p.Key().Namespace == o.Key().Namespace && selects(form, p.Field(watch.Key), o.Labels())) {
			keys = append(keys, p.Key())
		}
	}
	return keys
}

// formOf returns the shape of a field in a projection, which is optional if
// something around it is; the zero shape if the projection does not have it.
func formOf(projection *record.Shape, path string) record.Shape {
	if projection == nil {
		return record.Shape{}
	}
	form := *projection
	for name := range strings.SplitSeq(path, ".") {
		i := slices.IndexFunc(form.Fields, func(f record.Field) bool { return f.Name == name })
		if i < 0 {
			return record.Shape{}
		}
		optional := form.Optional
		form = form.Fields[i].Shape
		form.Optional = form.Optional || optional
	}
	return form
}

// selects reports whether a selector field selects an object with the labels.
// A map of labels without entries selects nothing, a LabelSelector without
// requirements everything, and an absent one nothing, unless the projection
// cannot tell it from an empty one.
func selects(form record.Shape, field any, labels sdk.Labels) bool {
	m, ok := field.(map[string]any)
	if !ok {
		return form.Kind == record.Struct && !form.Optional
	}
	matchLabels, expressions := m["matchLabels"], m["matchExpressions"]
	if form.Kind == record.Map || form.Kind == record.Raw && len(m) > 0 && matchLabels == nil && expressions == nil {
		return len(m) > 0 && sdk.SelectorOf(labelsOf(field)).Matches(labels)
	}
	selector := sdk.LabelSelector{MatchLabels: labelsOf(matchLabels)}
	list, _ := expressions.([]any)
	for _, v := range list {
		o, _ := v.(map[string]any)
		r := sdk.Requirement{Key: Object(o).Text("key"), Operator: sdk.Operator(Object(o).Text("operator"))}
		values, _ := o["values"].([]any)
		for _, value := range values {
			text, _ := value.(string)
			r.Values = append(r.Values, text)
		}
		selector.MatchExpressions = append(selector.MatchExpressions, r)
	}
	return selector.Selector().Matches(labels)
}

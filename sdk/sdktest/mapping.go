// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/sdk"
)

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

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"cmp"
	"fmt"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
)

func (v *validator) controller(n int, names map[string]bool) {
	c := &v.description.Controllers[n]
	subject := fmt.Sprintf("controller %q", c.Name)
	if !isLabel(c.Name) {
		v.problem(subject, "name", "is no DNS label")
	}
	if names[c.Name] {
		v.problem(subject, "name", "is used twice")
	}
	names[c.Name] = true
	primary, primaries := v.primary(c)
	if !c.Singleton && primaries != 1 {
		v.problem(subject, "watches", "%d of mapping %s, expected exactly one", primaries, abi.MapFor)
	}
	for n := range c.Watches {
		w := &c.Watches[n]
		subject := fmt.Sprintf("%s: watch %d", subject, n)
		if known(w.Mapping) && c.Singleton != (w.Mapping == abi.MapSingleton) {
			v.problem(subject, "mapping", "is %s, which is not for a controller with singleton=%t", w.Mapping, c.Singleton)
			continue
		}
		v.watch(subject, w, primary)
	}
}

func known(m abi.MappingKind) bool { return m > 0 && m <= abi.MapLast }

// primary returns the resource that the controller watches with MapFor, nil if
// there is none, and how many such watches there are.
func (v *validator) primary(c *abi.Controller) (primary *abi.Resource, count int) {
	for _, w := range c.Watches {
		if w.Mapping != abi.MapFor {
			continue
		}
		count++
		if uint64(w.Resource) < uint64(len(v.description.Resources)) {
			primary = &v.description.Resources[w.Resource]
		}
	}
	return primary, count
}

func (v *validator) watch(subject string, w *abi.Watch, primary *abi.Resource) {
	v.mapping(subject, w)
	if uint64(w.Resource) >= uint64(len(v.description.Resources)) {
		v.problem(subject, "resource", "index %d, %d resources are described", w.Resource, len(v.description.Resources))
		return
	}
	r := &v.description.Resources[w.Resource]
	subject += " (" + r.String() + ")"
	v.wake(subject, w, r.Projection)
	v.where(subject, w, r.Projection)
	if w.LooseOnly && !r.Any() {
		v.problem(subject, "loose_only", "is for a watch of any resource")
	}
	switch {
	case r.Any() && w.Mapping != abi.MapFor:
		v.problem(subject, "mapping", "is %s, a watch of any resource is %s", w.Mapping, abi.MapFor)
	case r.Any() && (w.Wake != nil || len(w.Where) > 0):
		v.problem(subject, "wake", "is not for any resource, which is watched for its owners; nor is where")
	case r.Any() && r.Projection == nil:
		v.problem(subject, "resource", "has no projection, a watch of any resource needs metadata.ownerReferences and metadata.deletionTimestamp")
	case primary != nil && primary.Any() && !r.Any():
		v.problem(subject, "mapping", "wakes objects of %s, but the controller's keys are uids", r)
	}
	switch {
	case w.Key == "":
	case w.Mapping == abi.MapField:
		v.path(subject, "key", w.Key, r.Projection)
	case w.Mapping == abi.MapSelectedBy && primary != nil && fieldAt(primary.Projection, w.Key) == nil:
		v.problem(subject, "key", "the projection of %s has no field %s, which holds the selector", primary, w.Key)
	}
}

// mapping checks what needs no look at the resource.
func (v *validator) mapping(subject string, w *abi.Watch) {
	keyed := w.Mapping == abi.MapLabel || w.Mapping == abi.MapField || w.Mapping == abi.MapSelectedBy
	switch {
	case !known(w.Mapping):
		v.problem(subject, "mapping", "unknown number %d", w.Mapping)
		return
	case keyed && w.Key == "":
		v.problem(subject, "key", "is empty, mapping %s needs one", w.Mapping)
	case !keyed && w.Key != "":
		v.problem(subject, "key", "%q, mapping %s takes none", w.Key, w.Mapping)
	}
	if w.OrphansOnly && w.Mapping != abi.MapSelectedBy {
		v.problem(subject, "orphans_only", "is for mapping %s, not %s", abi.MapSelectedBy, w.Mapping)
	}
	if w.AnyOwner && w.Mapping != abi.MapOwns {
		v.problem(subject, "any_owner", "is for mapping %s, not %s", abi.MapOwns, w.Mapping)
	}
	if w.SameNamespace && w.Mapping != abi.MapGuest {
		v.problem(subject, "same_namespace", "is for mapping %s, not %s", abi.MapGuest, w.Mapping)
	}
}

// where checks that the fields of conditions are among those that wake, so that an
// object that begins or ceases to meet them is a change.
func (v *validator) where(subject string, w *abi.Watch, projection *record.Shape) {
	of := cmp.Or(w.Wake, projection, &record.Shape{Kind: record.Struct})
	if of.Validate() != nil { // a problem of its own
		return
	}
	for _, c := range w.Where {
		field, _ := project.FieldAt(of, c.Field)
		switch {
		case project.Scalar(field.Kind), project.Collection(field.Kind) && len(c.Values) == 0:
		case len(c.Values) > 0:
			v.problem(subject, "where", "%q is no scalar among the fields that wake, and has values", c.Field)
		default:
			v.problem(subject, "where", "%q is no scalar, list or map among the fields that wake", c.Field)
		}
	}
}

// wake checks that the fields that wake are a part of the projection: then
// their union with it is the projection itself.
func (v *validator) wake(subject string, w *abi.Watch, projection *record.Shape) {
	if w.Wake == nil || !v.shape(subject, "wake", w.Wake) {
		return
	}
	if projection == nil {
		v.problem(subject, "wake", "the resource has no projection that it could be a part of")
		return
	}
	if projection.Validate() != nil { // the resource's problem
		return
	}
	if record.Union(*projection, *w.Wake).String() != projection.String() {
		v.problem(subject, "wake", "%s is no part of the projection %s", w.Wake, projection)
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// store holds the objects. The caller locks.
type store struct {
	clock   func() time.Time
	version uint64 // of the last write; the versions of all objects count together
	named   int    // names and uids that were made up
	// objects by "group/resource" and key
	objects map[string]map[sdk.Key]*stored
}

// stored is an object with its past, by resource version: a write may say on
// which version it was decided.
type stored struct {
	Object
	past map[uint64]Object
}

func resourceName(r *abi.Resource) string { return r.Group + "/" + r.Resource }

func (s *store) get(r *abi.Resource, key sdk.Key) *stored { return s.objects[resourceName(r)][key] }

// list returns the objects of a resource, ascending by key.
func (s *store) list(r *abi.Resource) []*stored {
	objects := s.objects[resourceName(r)]
	keys := slices.SortedFunc(maps.Keys(objects), compareKeys)
	all := make([]*stored, len(keys))
	for i, key := range keys {
		all[i] = objects[key]
	}
	return all
}

func compareKeys(a, b sdk.Key) int {
	if c := strings.Compare(a.Namespace, b.Namespace); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

// prepare fills in what the API server fills in of a new object.
func (s *store) prepare(r *abi.Resource, o Object) error {
	m := o.metadata()
	if m["name"] == nil && m["generateName"] != nil {
		s.named++
		m["name"] = fmt.Sprintf("%v%05d", m["generateName"], s.named)
	}
	key := o.Key()
	switch {
	case key.Name == "":
		return &sdk.APIError{Status: abi.StatusInvalid, Reason: "Invalid", Message: "name or generateName is required"}
	case s.get(r, key) != nil:
		return &sdk.APIError{Status: abi.StatusAlreadyExists, Reason: "AlreadyExists", Message: fmt.Sprintf("%s %q already exists", r.Resource, key.Name)}
	}
	o["apiVersion"], o["kind"] = apiVersion(r), r.Kind
	if m["uid"] == nil {
		s.named++
		m["uid"] = fmt.Sprintf("00000000-0000-4000-8000-%012d", s.named)
	}
	if m["creationTimestamp"] == nil {
		m["creationTimestamp"] = timestamp(s.clock())
	}
	if m["generation"] == nil {
		m["generation"] = number(1)
	}
	return nil
}

// create stores a new object that was prepared.
func (s *store) create(r *abi.Resource, o Object) {
	s.put(r, &stored{past: map[uint64]Object{}}, o)
}

// update stores a changed object, unless nothing changed. An object that is
// being deleted and has no finalizers left goes.
func (s *store) update(r *abi.Resource, old *stored, o Object) {
	if equal(map[string]any(old.Object), map[string]any(o)) {
		return
	}
	if !equal(withoutFields(old.Object, "metadata", "status"), withoutFields(o, "metadata", "status")) {
		generation, _ := strconv.Atoi(o.Text("metadata.generation"))
		o.metadata()["generation"] = number(generation + 1)
	}
	s.put(r, old, o)
	if o.Field("metadata.deletionTimestamp") != nil && o.Field("metadata.deletionGracePeriodSeconds") == nil && !hasFinalizers(o) {
		s.remove(r, o.Key())
	}
}

func (s *store) put(r *abi.Resource, old *stored, o Object) {
	s.version++
	o.metadata()["resourceVersion"] = strconv.FormatUint(s.version, 10)
	name := resourceName(r)
	if s.objects[name] == nil {
		s.objects[name] = map[sdk.Key]*stored{}
	}
	past := maps.Clone(old.past)
	past[s.version] = o
	s.objects[name][o.Key()] = &stored{Object: o, past: past}
}

func (s *store) remove(r *abi.Resource, key sdk.Key) {
	s.version++
	delete(s.objects[resourceName(r)], key)
}

// delete marks an object as being deleted, or removes it if nothing holds it. A
// propagation policy is a finalizer of its own.
func (s *store) delete(r *abi.Resource, old *stored, grace *uint32, policy abi.Propagation) {
	seconds, graceful := gracePeriod(r, old.Object, grace)
	o := old.clone()
	m := o.metadata()
	setPolicy(m, policy)
	if !graceful && !hasFinalizers(o) {
		s.remove(r, old.Key())
		return
	}
	if m["deletionTimestamp"] == nil || graceful {
		m["deletionTimestamp"] = timestamp(s.clock().Add(time.Duration(seconds) * time.Second))
	}
	if o["kind"] == "Namespace" {
		o.child("status")["phase"] = "Terminating"
	}
	delete(m, "deletionGracePeriodSeconds")
	if graceful {
		m["deletionGracePeriodSeconds"] = number(int(seconds))
	}
	s.update(r, old, o)
}

// gracePeriod returns how long the deletion of an object takes, which is only
// for pods that a node runs, and whether it takes any time.
func gracePeriod(r *abi.Resource, o Object, wanted *uint32) (seconds uint32, graceful bool) {
	phase := o.Text("status.phase")
	if resourceName(r) != "/pods" || o.Text("spec.nodeName") == "" || phase == "Succeeded" || phase == "Failed" {
		return 0, false
	}
	seconds = 30
	if own, err := strconv.ParseUint(o.Text("spec.terminationGracePeriodSeconds"), 10, 32); err == nil {
		seconds = uint32(own)
	}
	if wanted != nil {
		seconds = *wanted
	}
	return seconds, seconds > 0
}

// setPolicy gives the metadata the finalizer of a propagation policy, and takes
// away that of another.
func setPolicy(m map[string]any, policy abi.Propagation) {
	if policy == abi.PropagationDefault {
		return
	}
	const orphan, foreground = "orphan", "foregroundDeletion"
	old, _ := m["finalizers"].([]any)
	list := slices.DeleteFunc(slices.Clone(old), func(f any) bool { return f == orphan || f == foreground })
	switch policy {
	case abi.PropagationOrphan:
		list = append(list, orphan)
	case abi.PropagationForeground:
		list = append(list, foreground)
	}
	m["finalizers"] = list
}

// hasFinalizers reports whether something holds an object that is deleted. A
// namespace has finalizers of its own, in its spec.
func hasFinalizers(o Object) bool {
	list, _ := o.Field("metadata.finalizers").([]any)
	if o["kind"] == "Namespace" {
		own, _ := o.Field("spec.finalizers").([]any)
		list = append(own, list...)
	}
	return len(list) > 0
}

func withoutFields(o Object, names ...string) map[string]any {
	rest := maps.Clone(map[string]any(o))
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

func apiVersion(r *abi.Resource) string {
	if r.Group == "" {
		return r.Version
	}
	return r.Group + "/" + r.Version
}

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

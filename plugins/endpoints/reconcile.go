// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpoints

import (
	"context"

	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// reconcile makes the Endpoints of one service hold the pods that it selects.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	service, err := services.Get(ctx, req.Key)
	if sdk.IsNotFound(err) {
		return sdk.Result{}, remove(ctx, req.Key)
	}
	if err != nil || !service.Selects() {
		return sdk.Result{}, err
	}
	selected, err := pods.List(ctx, sdk.InNamespace(service.Namespace), sdk.MatchingLabels(service.Spec.Selector))
	if err != nil {
		return sdk.Result{}, err
	}
	current, err := endpoints.Get(ctx, req.Key)
	if sdk.IgnoreNotFound(err) != nil {
		return sdk.Result{}, err
	}
	want := desired(service, selected, current)
	if current != nil && want.matches(current) {
		return sdk.Result{}, nil
	}
	if wait := backend.Wait(ctx, req, settings.Get(ctx).period); wait > 0 && current != nil {
		return sdk.Result{RequeueAfter: wait}, nil
	}
	return sdk.Result{}, write(ctx, service, current, want)
}

// remove deletes the Endpoints of a service that is gone. Those that hold an
// election have the name of no service.
func remove(ctx context.Context, key sdk.Key) error {
	left, err := endpoints.Get(ctx, key)
	if err != nil || left.Notes.Annotations.Leader != nil {
		return sdk.IgnoreNotFound(err)
	}
	return sdk.IgnoreNotFound(endpoints.Delete(ctx, left, sdk.PreconditionUID(left.UID)))
}

// state is what the controller has an opinion on.
type state struct {
	labels    sdk.Labels
	subsets   []backend.Subset
	truncated bool
	since     backend.Trigger
}

// desired returns the state that the Endpoints should have; current is nil if
// there are none.
func desired(service *backend.Service, selected []backend.Pod, current *Endpoints) state {
	s := state{
		labels:  service.CopyLabels(sdk.Label{Key: labelManagedBy, Value: managedBy}),
		subsets: subsetsOf(service, selected),
	}
	s.truncated = truncate(s.subsets)
	if current == nil {
		s.since.Add(service.CreationTimestamp.Time)
		return s
	}
	was := readiness(current.Subsets)
	for i := range selected {
		_, found := addressOf(service, &selected[i])
		ready, changed := selected[i].Ready()
		ready = ready || service.Spec.PublishNotReadyAddresses
		if before, known := was[selected[i].UID]; found && (!known || before != ready) {
			s.since.Add(changed)
		}
	}
	return s
}

// readiness returns which pods are ready, by their uids.
func readiness(subsets []backend.Subset) map[string]bool {
	ready := map[string]bool{}
	for i, s := range subsets {
		for j := range s.Addresses {
			note(ready, &subsets[i].Addresses[j], true)
		}
		for j := range s.NotReadyAddresses {
			note(ready, &subsets[i].NotReadyAddresses[j], false)
		}
	}
	return ready
}

func note(ready map[string]bool, address *backend.Address, is bool) {
	if address.TargetRef != nil {
		ready[address.TargetRef.UID] = is
	}
}

// matches reports whether the Endpoints are in the state. Another order of
// addresses, ports and subsets, as another controller may have left it, is
// the same.
func (s *state) matches(current *Endpoints) bool {
	over := current.Notes.Annotations.OverCapacity
	return backend.SameLabels(current.Labels, s.labels) &&
		s.truncated == (over != nil && *over == truncated) && (over == nil || s.truncated) &&
		(backend.SameSubsets(current.Subsets, s.subsets) || backend.SameSubsets(backend.Repack(current.Subsets), s.subsets))
}

// write brings the Endpoints, which are not in it, into the state.
func write(ctx context.Context, service *backend.Service, current *Endpoints, s state) error {
	name, reason := service.Namespace+"/"+service.Name, "FailedToUpdateEndpoint"
	message, about := "Failed to update endpoint "+name, sdk.Header{Namespace: service.Namespace, Name: service.Name}
	var err error
	if current != nil {
		about = current.Header
		err = update(ctx, current, s)
	} else {
		reason, message = "FailedToCreateEndpoint", "Failed to create endpoint for service "+name
		if err = create(ctx, service.Key(), s); backend.NamespaceGoing(err) {
			return nil
		}
	}
	if err != nil && !sdk.IsConflict(err) {
		endpoints.Event(ctx, about, sdk.Warning, reason, message+": "+err.Error())
	}
	return err
}

// annotations returns those that the controller wants of those that there are.
func (s *state) annotations(old sdk.Labels) sdk.Labels {
	old = s.since.Annotate(old).Without(annotationOverCapacity)
	if s.truncated {
		return old.With(annotationOverCapacity, truncated)
	}
	return old
}

func create(ctx context.Context, key sdk.Key, s state) error {
	var object struct {
		sdk.Metadata
		sdk.Annotations
		Subsets []backend.Subset `json:"subsets,omitempty"`
	}
	object.Namespace, object.Name, object.Labels = key.Namespace, key.Name, s.labels
	object.Annotations.Annotations, object.Subsets = s.annotations(nil), s.subsets
	_, err := endpoints.Create(ctx, &object)
	return err
}

func update(ctx context.Context, current *Endpoints, s state) error {
	var patch struct {
		Metadata struct {
			Labels      map[string]*string `json:"labels,omitempty"`
			Annotations map[string]*string `json:"annotations,omitempty"`
		} `json:"metadata"`
		Subsets []backend.Subset `json:"subsets"`
	}
	known := current.known()
	patch.Metadata.Labels = backend.Difference(current.Labels, s.labels)
	patch.Metadata.Annotations = backend.Difference(known, s.annotations(known))
	patch.Subsets = s.subsets
	_, err := endpoints.Patch(ctx, current, sdk.MergePatch(patch), sdk.Unchanged(current), sdk.PreconditionUID(current.UID))
	return err
}

// known returns the annotations that the controller writes.
func (e *Endpoints) known() sdk.Labels {
	var known sdk.Labels
	if t := e.Notes.Annotations.TriggerTime; t != nil {
		known = known.With(backend.AnnotationTriggerTime, *t)
	}
	if over := e.Notes.Annotations.OverCapacity; over != nil {
		known = known.With(annotationOverCapacity, *over)
	}
	return known
}

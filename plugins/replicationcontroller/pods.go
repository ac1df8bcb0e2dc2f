// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicationcontroller

import (
	"context"
	"slices"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// newPod is a pod as it is created.
type newPod struct {
	sdk.Metadata
	sdk.Annotations
	Spec sdk.Raw `json:"spec"`
}

// podFor returns a pod made from the template. The API server completes its name.
func podFor(rc *ReplicationController) *newPod {
	template := &rc.Spec.Template
	p := &newPod{Spec: template.Spec}
	p.Namespace = rc.Namespace
	p.GenerateName = rc.Name + "-"
	p.Labels = template.Metadata.Labels
	p.Annotations.Annotations = template.Metadata.Annotations
	p.Finalizers = template.Metadata.Finalizers
	p.OwnerReferences = []sdk.OwnerReference{sdk.ControllerRef(rc, controllers)}
	return p
}

// createPods creates n pods and returns those that were made and the first
// error. After a batch with an error it stops.
func createPods(ctx context.Context, rc *ReplicationController, n int) (created []*Pod, first error) {
	body := podFor(rc)
	for size := range batches(n) {
		for range size {
			p, err := pods.Create(ctx, body)
			switch {
			case err == nil:
				created = append(created, p)
				event(ctx, rc, reasonSuccessfulCreate, "Created pod: "+p.Name)
			case sdk.HasCause(err, causeNamespaceTerminating):
				return created, nil // hopeless, and nobody's fault
			default:
				warn(ctx, rc, reasonFailedCreate, "Error creating: "+words(err))
				first = earlier(first, err)
			}
		}
		if first != nil {
			return created, first
		}
	}
	return created, nil
}

// deletePods deletes n of the active pods and returns the others and the
// first error. A pod that is gone already, or replaced by a namesake, is as
// good as deleted.
func deletePods(ctx context.Context, rc *ReplicationController, active []*Pod, n int) (left []*Pod, first error) {
	gone := map[string]bool{}
	for _, p := range firstToDelete(active, n, sdk.Now(ctx)) {
		err := pods.Delete(ctx, p, sdk.PreconditionUID(p.UID))
		switch {
		case err == nil:
			event(ctx, rc, reasonSuccessfulDelete, "Deleted pod: "+p.Name)
		case !vanished(err):
			warn(ctx, rc, reasonFailedDelete, "Error deleting: "+words(err))
			first = earlier(first, err)
			continue
		}
		gone[p.UID] = true
	}
	return slices.DeleteFunc(active, func(p *Pod) bool { return gone[p.UID] }), first
}

// vanished reports that the object with the uid of the precondition is no more.
func vanished(err error) bool { return sdk.IsNotFound(err) || sdk.IsConflict(err) }

// earlier returns the first error that there is.
func earlier(first, err error) error {
	if first != nil {
		return first
	}
	return err
}

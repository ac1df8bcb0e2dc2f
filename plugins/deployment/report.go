// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// report writes what the ReplicaSets have come to, and in the course of a
// rollout also how it goes.
func (r *rollout) report(ctx context.Context, rollingOut bool) error {
	status := observe(r.d, r.family, r.now)
	if rollingOut {
		status.Conditions = failure(progress(r.d, r.family, &status, r.now), r.family, r.now)
	}
	return r.write(ctx, status)
}

// write writes the status, and with it the revision, if they changed. It fails if
// somebody else has changed the Deployment, whose conditions may be others' too.
// The status takes annotations along, and so the generation stays what people
// made it; a change of the annotations by themselves would raise it.
func (r *rollout) write(ctx context.Context, status Status) error {
	r.d.Status = status
	revision := r.newRevision()
	if equal(&r.before, &status) && revision == nil {
		return nil
	}
	change := struct {
		Metadata *sdk.Annotations `json:"metadata,omitempty"`
		Status   Status           `json:"status"`
	}{revision, status}
	_, err := deployments.Patch(ctx, r.d, sdk.MergePatch(change), sdk.Subresource("status"), sdk.Unchanged(r.d))
	return sdk.IgnoreNotFound(err)
}

// newRevision returns the annotation with the revision of the current ReplicaSet,
// nil if the Deployment has it.
func (r *rollout) newRevision() *sdk.Annotations {
	if r.current == nil {
		return nil
	}
	revision := r.current.Annotations.Annotations.Get(annotationRevision)
	if r.d.Annotations.Annotations.Get(annotationRevision) == revision {
		return nil
	}
	return &sdk.Annotations{Annotations: sdk.Labels{{Key: annotationRevision, Value: revision}}}
}

// cleanUp deletes old ReplicaSets beyond the history limit. What is gone
// already is as good as deleted.
func (r *rollout) cleanUp(ctx context.Context) error {
	for _, rs := range surplusHistory(r.d, r.old) {
		if err := replicaSets.Delete(ctx, rs, sdk.Unchanged(rs)); sdk.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return nil
}

// oldPodsRun reports whether a pod of an old ReplicaSet still runs, or may: a
// pod that is being deleted runs until it is gone, and a ReplicaSet whose change
// nobody has seen yet may have more pods than are known.
func (r *rollout) oldPodsRun(ctx context.Context) (bool, error) {
	for _, rs := range r.old {
		if rs.Status.Replicas > 0 || rs.Generation > rs.Status.ObservedGeneration {
			return true, nil
		}
		owned, err := pods.List(ctx, sdk.InNamespace(rs.Namespace), sdk.OwnedBy(rs))
		if err != nil {
			return false, err
		}
		for i := range owned {
			if phase := owned[i].Status.Phase; phase != "Succeeded" && phase != "Failed" {
				return true, nil
			}
		}
	}
	return false, nil
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"context"
	"strconv"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// The reasons of the events about rollbacks.
const (
	reasonRolledBack = "DeploymentRollback"
	reasonNoRevision = "DeploymentRollbackRevisionNotFound"
	reasonSame       = "DeploymentRollbackTemplateUnchanged"
)

// rollBack gives the Deployment the template of an earlier revision and takes
// the request away; 0 is the last revision before the present template.
func (r *rollout) rollBack(ctx context.Context, revision int64) error {
	if revision == 0 {
		if revision = r.previous(); revision == 0 {
			return r.giveUp(ctx, reasonNoRevision, "Unable to find last revision.")
		}
	}
	for _, rs := range r.all() {
		if has, readable := rs.revision(); !readable || has != revision {
			continue
		}
		if rs.Spec.Template.same(&r.d.Spec.Template) {
			return r.giveUp(ctx, reasonSame, "The rollback revision contains the same template as current deployment "+quote(r.d.Name))
		}
		return r.restore(ctx, rs, revision)
	}
	return r.giveUp(ctx, reasonNoRevision, "Unable to find the revision to rollback to.")
}

// previous returns the last revision before the present template, 0 if there
// is none.
func (r *rollout) previous() int64 {
	if r.current == nil {
		return maxRevision(r.old) // the present template has no revision yet
	}
	return lastRevision(r.all())
}

func (r *rollout) giveUp(ctx context.Context, reason, message string) error {
	deployments.Event(ctx, r.d, sdk.Warning, reason, message)
	withdraw := map[string]any{"metadata": map[string]any{"annotations": map[string]any{annotationRollback: nil}}}
	_, err := deployments.Patch(ctx, r.d, sdk.MergePatch(withdraw), sdk.Unchanged(r.d))
	return sdk.IgnoreNotFound(err)
}

// restore copies the template of the ReplicaSet, and the annotations that it
// had from the Deployment then.
func (r *rollout) restore(ctx context.Context, rs *ReplicaSet, revision int64) error {
	_, err := deployments.Patch(ctx, r.d, sdk.JSONPatch(
		sdk.Replace("/spec/template", rs.Spec.Template.withHash("")),
		sdk.Replace("/metadata/annotations", restoredAnnotations(r.d, rs)),
	), sdk.Unchanged(r.d))
	if err != nil {
		return sdk.IgnoreNotFound(err)
	}
	deployments.Event(ctx, r.d, sdk.Normal, reasonRolledBack,
		"Rolled back deployment "+quote(r.d.Name)+" to revision "+strconv.FormatInt(revision, 10))
	return nil
}

// restoredAnnotations returns the annotations that are the Deployment's own,
// without the request, and the others as the ReplicaSet has them.
func restoredAnnotations(d *Deployment, rs *ReplicaSet) sdk.Labels {
	restored := sdk.Labels{}
	for _, a := range d.Annotations.Annotations {
		if own(a.Key) && a.Key != annotationRollback {
			restored = append(restored, a)
		}
	}
	for _, a := range rs.Annotations.Annotations {
		if !own(a.Key) {
			restored = append(restored, a)
		}
	}
	return restored
}

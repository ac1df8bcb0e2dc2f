// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"context"
	"errors"
	"strconv"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// reasonScaling is the reason of the events about resized ReplicaSets.
const reasonScaling = "ScalingReplicaSet"

// newReplicaSet is a ReplicaSet as it is created.
type newReplicaSet struct {
	sdk.Metadata
	sdk.Annotations
	Spec struct {
		Replicas        int32             `json:"replicas"`
		MinReadySeconds int32             `json:"minReadySeconds,omitempty"`
		Selector        sdk.LabelSelector `json:"selector"`
		Template        Template          `json:"template"`
	} `json:"spec"`
}

// replicaSetFor returns the ReplicaSet for the Deployment's present template.
func replicaSetFor(d *Deployment, f family) *newReplicaSet {
	hash := d.Spec.Template.hash(d.Status.CollisionCount)
	nothing := &ReplicaSet{}
	nothing.Spec.Replicas = new(int32)
	rs := &newReplicaSet{}
	rs.Namespace, rs.Name = d.Namespace, replicaSetName(d.Name, hash)
	rs.OwnerReferences = []sdk.OwnerReference{sdk.ControllerRef(d, deployments)}
	rs.Annotations.Annotations = append(annotationsFor(d, nothing, maxRevision(f.old)+1), sizesOf(d)...)
	rs.Spec.Replicas = currentSize(d, f.old, nothing)
	rs.Spec.MinReadySeconds = d.Spec.MinReadySeconds
	rs.Spec.Template = d.Spec.Template.withHash(hash)
	rs.Labels = rs.Spec.Template.Metadata.Labels
	rs.Spec.Selector = sdk.LabelSelector{
		MatchLabels:      d.Spec.Selector.MatchLabels.With(labelHash, hash),
		MatchExpressions: d.Spec.Selector.MatchExpressions,
	}
	return rs
}

// sizesOf returns the annotations that tell a ReplicaSet of the Deployment's size.
func sizesOf(d *Deployment) sdk.Labels {
	return sdk.Labels{
		{Key: annotationDesired, Value: strconv.Itoa(int(d.replicas()))},
		{Key: annotationMax, Value: strconv.Itoa(int(d.maxReplicas()))},
	}
}

// ensureCurrent creates the current ReplicaSet if there is none.
func (r *rollout) ensureCurrent(ctx context.Context) error {
	if r.current != nil {
		return nil
	}
	body := replicaSetFor(r.d, r.family)
	created, err := replicaSets.Create(ctx, body)
	switch {
	case sdk.IsAlreadyExists(err):
		return r.takenName(ctx, body.Name, err)
	case sdk.HasCause(err, causeNamespaceTerminating):
		return err
	case err != nil:
		return errors.Join(err, r.reportCreateError(ctx, body.Name, err))
	}
	r.current = created
	if n := created.replicas(); n > 0 {
		r.event(ctx, "Scaled up replica set "+created.Name+" from 0 to "+strconv.Itoa(int(n)))
	}
	r.progressing(isTrue, reasonCreated, "Created new replica set "+quote(created.Name))
	return nil
}

// errCollision is why a ReplicaSet is created under another name next time.
var errCollision = errors.New("the name of the new replica set is taken; the next attempt has another one")

// takenName looks who has the name of the new ReplicaSet: the one that an
// earlier attempt made, or another one, whose template has the same hash.
func (r *rollout) takenName(ctx context.Context, name string, taken error) error {
	rs, err := replicaSets.Get(ctx, sdk.Key{Namespace: r.d.Namespace, Name: name}, sdk.Live())
	switch {
	case sdk.IsNotFound(err):
		return taken // it has gone meanwhile
	case err != nil:
		return err
	case rs.ControlledBy(r.d) && rs.Spec.Template.same(&r.d.Spec.Template):
		r.current = rs
		return nil
	}
	status := r.d.Status
	collisions := int32(1)
	if status.CollisionCount != nil {
		collisions += *status.CollisionCount
	}
	status.CollisionCount = &collisions
	return errors.Join(errCollision, r.write(ctx, status))
}

func (r *rollout) reportCreateError(ctx context.Context, name string, cause error) error {
	message := "Failed to create new replica set " + quote(name) + ": " + words(cause)
	deployments.Event(ctx, r.d, sdk.Warning, reasonCreateError, message)
	r.progressing(isFalse, reasonCreateError, message)
	return r.write(ctx, r.d.Status)
}

// words returns what the API server said, or else the whole error.
func words(err error) string {
	var refused *sdk.APIError
	if errors.As(err, &refused) && refused.Message != "" {
		return refused.Message
	}
	return err.Error()
}

// progressing sets the condition Progressing if there is a deadline.
func (r *rollout) progressing(status, reason, message string) {
	if _, exists := r.d.deadline(); exists {
		r.d.Status.Conditions = conditions(r.d.Status.Conditions).with(conditionProgressing, status, reason, message, r.now)
	}
}

// keepCurrent brings annotations, revision and minReadySeconds of the current
// ReplicaSet up to date.
func (r *rollout) keepCurrent(ctx context.Context) error {
	if r.current == nil {
		return nil
	}
	type spec struct {
		MinReadySeconds int32 `json:"minReadySeconds"`
	}
	var change struct {
		Metadata sdk.Annotations `json:"metadata"`
		Spec     *spec           `json:"spec,omitempty"`
	}
	change.Metadata.Annotations = annotationsFor(r.d, r.current, maxRevision(r.old)+1)
	if r.current.Spec.MinReadySeconds != r.d.Spec.MinReadySeconds {
		change.Spec = &spec{r.d.Spec.MinReadySeconds}
	}
	if len(change.Metadata.Annotations) > 0 || change.Spec != nil {
		kept, err := replicaSets.Patch(ctx, r.current, sdk.MergePatch(change), sdk.Unchanged(r.current))
		if err != nil {
			return err
		}
		r.current = kept
	}
	if conditions(r.d.Status.Conditions).get(conditionProgressing) == nil {
		r.progressing(isTrue, reasonFound, "Found new replica set "+quote(r.current.Name))
	}
	return nil
}

// apply resizes ReplicaSets. Each must be as it was read, or the number that
// was decided on may be wrong.
func (r *rollout) apply(ctx context.Context, resizes []resize) error {
	for _, one := range resizes {
		from := one.set.replicas()
		var change struct {
			Metadata sdk.Annotations `json:"metadata"`
			Spec     struct {
				Replicas int32 `json:"replicas"`
			} `json:"spec"`
		}
		change.Metadata.Annotations, change.Spec.Replicas = sizesOf(r.d), one.to
		resized, err := replicaSets.Patch(ctx, one.set, sdk.MergePatch(change), sdk.Unchanged(one.set))
		if err != nil {
			return err
		}
		*one.set = *resized
		if one.to == from {
			continue
		}
		direction := "up"
		if one.to < from {
			direction = "down"
		}
		r.event(ctx, "Scaled "+direction+" replica set "+resized.Name+
			" from "+strconv.Itoa(int(from))+" to "+strconv.Itoa(int(one.to)))
	}
	return nil
}

func (r *rollout) event(ctx context.Context, message string) {
	deployments.Event(ctx, r.d, sdk.Normal, reasonScaling, message)
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"context"
	"errors"
	"time"

	"github.com/wasm-controller-manager/wcm/plugins/internal/claim"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// causeNamespaceTerminating is the cause of the API server's refusal to create
// anything in a namespace that is being deleted.
const causeNamespaceTerminating = "NamespaceTerminating"

// reconcile takes one Deployment a step further. Each step is small, and its
// result wakes the Deployment for the next one.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	d, err := deployments.Get(ctx, req.Key)
	if err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	r := &rollout{d: d, before: d.Status, now: sdk.Now(ctx)}
	if d.Spec.Selector.Selector().Empty() {
		return sdk.Result{}, r.refuse(ctx)
	}
	sets, err := claimSets(ctx, d)
	if err != nil {
		return sdk.Result{}, err
	}
	r.family = familyOf(d, sets)
	err = r.step(ctx)
	if sdk.HasCause(err, causeNamespaceTerminating) {
		return sdk.Result{}, nil // hopeless, and nobody's fault
	}
	if err != nil {
		return sdk.Result{}, err
	}
	after := nextCheck(d, &d.Status, r.now)
	if r.waiting && (after == 0 || after > recheck) {
		after = recheck
	}
	return sdk.Result{RequeueAfter: after}, nil
}

// recheck is after what time an update that waits for the end of old pods
// looks again. What wakes it before is the status of their ReplicaSet, which
// does not count pods whose labels somebody has changed.
const recheck = 10 * time.Second

// claimSets returns the ReplicaSets of d, after adopting and releasing.
func claimSets(ctx context.Context, d *Deployment) ([]*ReplicaSet, error) {
	claimer := claim.Claimer[ReplicaSet]{
		Owner: &d.Metadata, Reference: sdk.ControllerRef(d, deployments),
		Selector: d.Spec.Selector.Selector(),
		Children: replicaSets, Noun: "replica set",
		Meta: func(rs *ReplicaSet) *sdk.Metadata { return &rs.Metadata },
		Live: func(ctx context.Context) (*sdk.Metadata, error) {
			live, err := deployments.Get(ctx, d.Key(), sdk.Live())
			if err != nil {
				return nil, err
			}
			return &live.Metadata, nil
		},
	}
	found, err := claimer.Candidates(ctx, false)
	if err != nil {
		return nil, err
	}
	sets := make([]*ReplicaSet, len(found))
	for i := range found {
		sets[i] = &found[i]
	}
	return claimer.Claim(ctx, sets)
}

// rollout is one reconcile of a Deployment.
type rollout struct {
	d      *Deployment // its status is what this reconcile knows so far
	before Status      // the status as it was read
	family
	now     time.Time
	waiting bool // for the end of old pods
}

// refuse says that a selector of everything is no selector.
func (r *rollout) refuse(ctx context.Context) error {
	deployments.Event(ctx, r.d, sdk.Warning, "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.")
	status := r.d.Status
	status.ObservedGeneration = r.d.Generation
	return r.write(ctx, status)
}

// step does what is to be done now and writes the status.
func (r *rollout) step(ctx context.Context) error {
	if r.d.Deleting() {
		return r.report(ctx, false)
	}
	r.d.Status.Conditions = pausing(r.d, r.now)
	if err := r.keepCurrent(ctx); err != nil {
		return err
	}
	revision, asked := r.d.rollbackTo()
	switch {
	case r.d.Spec.Paused:
		return r.scale(ctx, !asked)
	case asked:
		return r.rollBack(ctx, revision)
	case scaledSince(r.d, r.family):
		return r.scale(ctx, false)
	case r.d.Spec.Strategy.Type == strategyRecreate:
		return r.recreate(ctx)
	case r.d.Spec.Strategy.Type == strategyRolling:
		return r.roll(ctx)
	}
	return sdk.TerminalError(errors.New("deployment " + r.d.Key().String() + ": spec.strategy.type " + quote(r.d.Spec.Strategy.Type) + " is neither RollingUpdate nor Recreate"))
}

// scale resizes without rolling out, and may clean the history up.
func (r *rollout) scale(ctx context.Context, cleanUp bool) error {
	if err := r.apply(ctx, planScale(r.d, r.family)); err != nil {
		return err
	}
	if cleanUp {
		if err := r.cleanUp(ctx); err != nil {
			return err
		}
	}
	return r.report(ctx, false)
}

// roll goes one step of a rolling update.
func (r *rollout) roll(ctx context.Context) error {
	if err := r.ensureCurrent(ctx); err != nil {
		return err
	}
	plan := planRolling(r.d, r.family)
	if err := r.apply(ctx, plan); err != nil {
		return err
	}
	if len(plan) == 0 && complete(r.d, &r.d.Status) {
		if err := r.cleanUp(ctx); err != nil {
			return err
		}
	}
	return r.report(ctx, true)
}

// recreate goes one step of an update that has no old pods beside new ones.
func (r *rollout) recreate(ctx context.Context) error {
	end := endOld(r.family)
	if err := r.apply(ctx, end); err != nil {
		return err
	}
	running, err := r.oldPodsRun(ctx)
	if err != nil {
		return err
	}
	if r.waiting = len(end) > 0 || running; r.waiting {
		return r.report(ctx, true)
	}
	return r.roll(ctx)
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package replicas keeps as many pods as their owner asks for, whatever kind
// the owner is: a ReplicationController or a ReplicaSet.
//
// What to do is decided by pure functions: plan.go says how many pods to create
// or to delete, rank.go which ones, and status.go what to report. kind.go and
// pods.go carry it out. Nothing is kept between reconciles, so instances need
// no care.
package replicas

import (
	"context"

	"github.com/wasm-controller-manager/wcm/plugins/internal/claim"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// Kind reconciles owners of one kind, which are read as objects of type T.
type Kind[T any] struct {
	// Owners must be declared with the write "status/patch".
	Owners *sdk.Resource[T]
	// Pods must be declared with [sdk.IndexOwner] and the writes "create",
	// "patch" and "delete".
	Pods *sdk.Resource[Pod]
	// View returns what the object asks for. It may alias the object.
	View func(*T) *Owner
	// Terminating says whether the status counts pods on their way out.
	Terminating bool
	// Siblings returns further pods that do the same work as the owner's: those
	// that share a node with one of them count when pods are chosen for deletion.
	// nil: there are none.
	Siblings func(ctx context.Context, owner *Owner) ([]Pod, error)
}

// Owner is what an object asks for, and what it says of it.
type Owner struct {
	*sdk.Metadata
	Replicas        *int32       // nil: 1
	Selector        sdk.Selector // an empty one selects nothing
	MinReadySeconds int32
	Template        *Template
	Status          Report
}

// wanted returns how many pods are asked for.
func (o *Owner) wanted() int {
	if o.Replicas == nil {
		return 1
	}
	return int(*o.Replicas)
}

// Reconcile brings the pods of one owner closer to what it asks for and writes
// down what is there. It holds nothing in memory: the host's reads include the
// plugin's own writes, so counting the pods that it sees is enough to never
// create one too many.
func (k *Kind[T]) Reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	object, err := k.Owners.Get(ctx, req.Key)
	if err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	owner := k.View(object)
	// An attempt that failed may have created pods all the same: a request that
	// times out has no answer that the host could remember.
	active, terminating, err := k.claim(ctx, owner, req.Attempt > 0)
	if err != nil {
		return sdk.Result{}, err
	}
	var failure *manageError
	if !owner.Deleting() {
		active, failure = k.manage(ctx, owner, active)
	}
	now := sdk.Now(ctx)
	report := observe(owner, active, failure, now)
	if k.Terminating {
		n := int32(terminating)
		report.TerminatingReplicas = &n
	}
	if err := k.write(ctx, owner, report); err != nil {
		return sdk.Result{}, err
	}
	if failure != nil {
		return sdk.Result{}, failure
	}
	return sdk.Result{RequeueAfter: nextAvailable(active, owner.MinReadySeconds, now)}, nil
}

// claim returns the active pods of the owner, after adopting and releasing, and
// how many of its pods are on their way out.
func (k *Kind[T]) claim(ctx context.Context, owner *Owner, live bool) (active []*Pod, terminating int, err error) {
	claimer := claim.Claimer[Pod]{
		Owner: owner.Metadata, Reference: sdk.ControllerRef(owner, k.Owners), Selector: owner.Selector,
		Children: k.Pods, Noun: "pod",
		Meta: func(p *Pod) *sdk.Metadata { return &p.Metadata },
		Live: func(ctx context.Context) (*sdk.Metadata, error) {
			object, err := k.Owners.Get(ctx, owner.Key(), sdk.Live())
			if err != nil {
				return nil, err
			}
			return k.View(object).Metadata, nil
		},
	}
	found, err := claimer.Candidates(ctx, live)
	if err != nil {
		return nil, 0, err
	}
	for i := range found {
		switch p := &found[i]; {
		case p.active():
			active = append(active, p)
		case !p.finished() && claimer.Has(p):
			terminating++
		}
	}
	active, err = claimer.Claim(ctx, active)
	return active, terminating, err
}

// manage creates or deletes pods and returns those that are active then.
func (k *Kind[T]) manage(ctx context.Context, owner *Owner, active []*Pod) ([]*Pod, *manageError) {
	missing, surplus := shortfall(len(active), owner.wanted())
	if missing > 0 {
		created, err := k.createPods(ctx, owner, missing)
		return append(active, created...), failed(reasonFailedCreate, err)
	}
	if surplus == 0 {
		return active, nil
	}
	left, err := k.deletePods(ctx, owner, active, surplus)
	return left, failed(reasonFailedDelete, err)
}

// write writes the status if it changed. It does not mind changes of the object
// in between: the status says which generation it is about. Conditions that did
// not change are left out, because others may have some as well.
func (k *Kind[T]) write(ctx context.Context, owner *Owner, report Report) error {
	if equal(&owner.Status, &report) {
		return nil
	}
	if sameConditions(owner.Status.Conditions, report.Conditions) {
		report.Conditions = nil
	}
	change := struct {
		Status Report `json:"status"`
	}{report}
	_, err := k.Owners.Patch(ctx, owner, sdk.MergePatch(change), sdk.Subresource("status"), sdk.PreconditionUID(owner.UID))
	return sdk.IgnoreNotFound(err)
}

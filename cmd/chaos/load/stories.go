// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// most is how many replicas a workload asks for at most.
const most = 8

func rollouts(ctx context.Context, u *user)    { workloads(ctx, u, deploymentKind) }
func replicaSets(ctx context.Context, u *user) { workloads(ctx, u, replicaSetKind) }
func replicationControllers(ctx context.Context, u *user) {
	workloads(ctx, u, replicationControllerKind)
}

// workloads is the story of two workloads, each behind a Service.
func workloads(ctx context.Context, u *user, k kind) {
	if !u.createNamespace(ctx, u.namespace) {
		return
	}
	var all []*workload
	for _, name := range []string{"one", "two"} {
		w := u.newWorkload(k, u.namespace, name)
		if !w.create(ctx, u, u.IntN(most+1), u.image()) || !u.createService(ctx, u.namespace, name) {
			return
		}
		all = append(all, w)
	}
	for u.goesOn(ctx) {
		u.change(ctx, all[u.IntN(len(all))])
	}
}

// change does one thing to a workload.
func (u *user) change(ctx context.Context, w *workload) {
	switch n := u.IntN(20); {
	case n < 6:
		w.scale(ctx, u, u.IntN(most+1))
	case n < 10 && w.kind.name == deploymentKind.name:
		w.rollOut(ctx, u, u.image())
	case n < 12 && w.kind.name == deploymentKind.name:
		w.pause(ctx, u, true)
		w.scale(ctx, u, u.IntN(most+1))
		u.goesOn(ctx)
		w.rollOut(ctx, u, u.image())
		w.pause(ctx, u, false)
	case n < 14:
		u.deletePod(ctx, w)
	case n < 16:
		u.deleteService(ctx, w.namespace, w.name)
		u.createService(ctx, w.namespace, w.name)
	default:
		ways := []metav1.DeletionPropagation{
			metav1.DeletePropagationBackground, metav1.DeletePropagationForeground, metav1.DeletePropagationOrphan,
		}
		u.renew(ctx, w, ways[u.renewals%len(ways)])
		u.renewals++
	}
}

// renew deletes a workload and creates it again. What it left without an owner
// is adopted by the new one.
func (u *user) renew(ctx context.Context, w *workload, way metav1.DeletionPropagation) {
	if !w.delete(ctx, u, way) {
		return
	}
	if w.create(ctx, u, u.IntN(most+1), u.image()) && way == metav1.DeletePropagationOrphan {
		w.waitAdopted(ctx, u)
	}
}

// image is one of a few, so that a rollout goes back to an old template now
// and then.
func (u *user) image() string { return fmt.Sprintf("example.com/app:%d", u.IntN(4)) }

// namespaces is the story of namespaces that are filled and deleted.
func namespaces(ctx context.Context, u *user) {
	for n := 0; u.goesOn(ctx); n++ {
		name := fmt.Sprint(u.namespace, "-", n)
		if !u.createNamespace(ctx, name) {
			return
		}
		u.setQuota(ctx, name, 10)
		u.createService(ctx, name, "one")
		u.createService(ctx, name, "two")
		u.createConfigMap(ctx, name, "one")
		u.newWorkload(deploymentKind, name, "one").create(ctx, u, 2, u.image())
		u.newWorkload(replicationControllerKind, name, "two").create(ctx, u, 1, u.image())
		for range u.IntN(4) {
			u.goesOn(ctx)
		}
		u.deleteNamespace(ctx, name)
	}
}

// quotas is the story of a namespace in which more is asked for than allowed.
func quotas(ctx context.Context, u *user) {
	if !u.createNamespace(ctx, u.namespace) {
		return
	}
	u.setQuota(ctx, u.namespace, most/2)
	w := u.newWorkload(replicationControllerKind, u.namespace, "one")
	if !w.create(ctx, u, most, u.image()) {
		return
	}
	for u.goesOn(ctx) {
		switch u.IntN(5) {
		case 0:
			u.setQuota(ctx, u.namespace, 1+u.IntN(most))
		case 1:
			w.scale(ctx, u, u.IntN(most+1))
		case 2:
			u.deletePod(ctx, w)
		case 3:
			u.createConfigMap(ctx, u.namespace, fmt.Sprint("map-", u.IntN(most)))
		case 4:
			u.deleteConfigMap(ctx, u.namespace, fmt.Sprint("map-", u.IntN(most)))
		}
	}
	// What was refused often is not tried again for minutes; a change ends that.
	u.setQuota(ctx, u.namespace, 2*most)
	u.waitQuota(ctx, u.namespace, 2*most)
	w.scale(ctx, u, (w.wish.Replicas+1)%most)
}

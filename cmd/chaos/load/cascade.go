// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// young is what a cache need not have seen yet.
const young = 5 * time.Second

// delete deletes a workload in one of the three ways, and tells whether it has
// gone. With the background it does not wait for what follows.
func (w *workload) delete(ctx context.Context, u *user, way metav1.DeletionPropagation) bool {
	before, ok := w.dependents(ctx, u)
	if !ok {
		return false
	}
	before = slices.DeleteFunc(before, w.strange)
	uid := w.uid
	done := u.do(ctx, "delete "+w.kind.name+" "+string(way), func(ctx context.Context) error {
		err := w.api.Delete(ctx, w.name, metav1.DeleteOptions{
			PropagationPolicy: &way, Preconditions: &metav1.Preconditions{UID: &uid},
		})
		return unless(isGone, err)
	})
	if !done {
		return false
	}
	u.wish(func(all *Wishes) {
		delete(all.Workloads, w.key())
		all.Deleted[uid] = w.key()
	})
	gone := u.until(ctx, func(ctx context.Context) bool {
		_, err := w.api.Get(ctx, w.name, metav1.GetOptions{})
		return isGone(err)
	})
	if !gone {
		if ctx.Err() == nil {
			u.blame("%s is still there %s after its deletion (%s)", w.key(), patience, way)
		}
		return false
	}
	return w.checkLeft(ctx, u, way, before)
}

// checkLeft checks what a deletion has left of what the workload owned before.
func (w *workload) checkLeft(ctx context.Context, u *user, way metav1.DeletionPropagation, before []unstructured.Unstructured) bool {
	after, ok := w.dependents(ctx, u)
	if !ok {
		return false
	}
	there, living := map[types.UID]bool{}, 0
	for i := range after {
		there[after[i].GetUID()] = after[i].GetDeletionTimestamp() == nil
	}
	for i := range before {
		o := &before[i]
		lives, exists := there[o.GetUID()]
		if lives {
			living++
		}
		if exists && way == metav1.DeletePropagationForeground && time.Since(o.GetCreationTimestamp().Time) > young {
			u.blame("%s went before its %s %s, although it was deleted in the foreground", w.key(), o.GetKind(), o.GetName())
		}
	}
	if want := w.staying(len(before)); way == metav1.DeletePropagationOrphan && living < want {
		u.blame("%s was deleted and its dependents were to stay: %d of %d live, want %d", w.key(), living, len(before), want)
	}
	return true
}

// staying is how many of its dependents have to stay at least when it leaves
// them: those that are too many may go meanwhile, and so may the ReplicaSets that
// a rollout has replaced.
func (w *workload) staying(dependents int) int {
	if w.kind.name == deploymentKind.name {
		return min(dependents, w.wish.Replicas, 1)
	}
	return min(dependents, w.wish.Replicas)
}

// dependents are what has the labels of the workload, of the kind that it owns.
func (w *workload) dependents(ctx context.Context, u *user) (all []unstructured.Unstructured, ok bool) {
	ok = u.do(ctx, "list dependents", func(ctx context.Context) error {
		list, err := u.dynamic.Resource(w.owns).Namespace(w.namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=" + w.name})
		if err == nil {
			all = list.Items
		}
		return err
	})
	return all, ok
}

// strange tells whether an object is not the workload's, or is being deleted.
func (w *workload) strange(o unstructured.Unstructured) bool {
	return o.GetDeletionTimestamp() != nil || !metav1.IsControlledBy(&o, &metav1.ObjectMeta{UID: w.uid})
}

// waitAdopted waits until everything that has the labels of the workload has a
// controller again.
func (w *workload) waitAdopted(ctx context.Context, u *user) {
	done := u.until(ctx, func(ctx context.Context) bool {
		list, err := u.dynamic.Resource(w.owns).Namespace(w.namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=" + w.name})
		return err == nil && !hasOrphan(list.Items)
	})
	if !done && ctx.Err() == nil {
		u.blame("%s has not adopted what it selects %s after its creation", w.key(), patience)
	}
}

func hasOrphan(objects []unstructured.Unstructured) bool {
	for i := range objects {
		if objects[i].GetDeletionTimestamp() == nil && metav1.GetControllerOf(&objects[i]) == nil {
			return true
		}
	}
	return false
}

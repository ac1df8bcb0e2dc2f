// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
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

// checkLeft checks what a deletion has left of what there was before.
func (w *workload) checkLeft(ctx context.Context, u *user, way metav1.DeletionPropagation, before []unstructured.Unstructured) bool {
	after, ok := w.dependents(ctx, u)
	if !ok {
		return false
	}
	there := map[types.UID]bool{}
	for i := range after {
		there[after[i].GetUID()] = true
	}
	switch way {
	case metav1.DeletePropagationForeground:
		for i := range before {
			if o := &before[i]; there[o.GetUID()] && time.Since(o.GetCreationTimestamp().Time) > young {
				u.blame("%s went before its %s %s, although it was deleted in the foreground", w.key(), o.GetKind(), o.GetName())
			}
		}
	case metav1.DeletePropagationOrphan:
		// While a deletion is carried out, some may go for another reason: too many
		// of them, or replaced by a rollout. As many as are wanted stay.
		want := min(living(before), w.wish.Replicas)
		if w.kind.name == deploymentKind.name {
			want = min(want, 1)
		}
		if got := living(after); got < want {
			u.blame("%s was deleted and its dependents were to stay: %d of them live, want %d", w.key(), got, want)
		}
	}
	return true
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

func living(objects []unstructured.Unstructured) int {
	n := 0
	for i := range objects {
		if objects[i].GetDeletionTimestamp() == nil {
			n++
		}
	}
	return n
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

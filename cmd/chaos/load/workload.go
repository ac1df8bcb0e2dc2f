// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// kind is a kind of workload.
type kind struct {
	schema.GroupVersionResource

	name string
	// owns is what it owns itself.
	owns schema.GroupVersionResource
	// selector is that of pods with the labels.
	selector func(labels map[string]any) map[string]any
}

var (
	podResource        = corev1.SchemeGroupVersion.WithResource("pods")
	replicaSetResource = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}

	deploymentKind = kind{
		GroupVersionResource: schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"},
		name:                 "Deployment", owns: replicaSetResource, selector: matchLabels,
	}
	replicaSetKind = kind{
		GroupVersionResource: replicaSetResource, name: "ReplicaSet", owns: podResource, selector: matchLabels,
	}
	replicationControllerKind = kind{
		GroupVersionResource: corev1.SchemeGroupVersion.WithResource("replicationcontrollers"),
		name:                 "ReplicationController", owns: podResource,
		selector: func(labels map[string]any) map[string]any { return labels },
	}
)

func matchLabels(labels map[string]any) map[string]any { return map[string]any{"matchLabels": labels} }

// workload is one workload of a user.
type workload struct {
	kind

	namespace, name string
	api             dynamic.ResourceInterface
	uid             types.UID
	wish            Wish
}

func (u *user) newWorkload(k kind, namespace, name string) *workload {
	return &workload{kind: k, namespace: namespace, name: name, api: u.dynamic.Resource(k.GroupVersionResource).Namespace(namespace)}
}

func (w *workload) key() string { return w.kind.name + " " + w.namespace + "/" + w.name }

// create creates it, and reports whether that was done.
func (w *workload) create(ctx context.Context, u *user, replicas int, image string) bool {
	object := w.object(replicas, image)
	done := u.do(ctx, "create "+w.kind.name, func(ctx context.Context) error {
		if _, err := w.api.Create(ctx, object, metav1.CreateOptions{}); unless(isThere, err) != nil {
			return err
		}
		created, err := w.api.Get(ctx, w.name, metav1.GetOptions{})
		if err == nil {
			w.uid = created.GetUID()
		}
		return err
	})
	if done {
		w.wants(u, Wish{replicas, image})
	}
	return done
}

func (w *workload) wants(u *user, wish Wish) {
	w.wish = wish
	u.wish(func(all *Wishes) { all.Workloads[w.key()] = wish })
}

func (w *workload) object(replicas int, image string) *unstructured.Unstructured {
	labels := map[string]any{"app": w.name}
	o := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{
		"replicas": int64(replicas),
		"selector": w.selector(labels),
		"template": map[string]any{
			"metadata": map[string]any{"labels": labels},
			"spec":     map[string]any{"containers": []any{map[string]any{"name": "main", "image": image}}},
		},
	}}}
	o.SetAPIVersion(w.GroupVersion().String())
	o.SetKind(w.kind.name)
	o.SetName(w.name)
	return o
}

func (w *workload) scale(ctx context.Context, u *user, replicas int) {
	if w.patch(ctx, u, "scale", types.MergePatchType, fmt.Sprintf(`{"spec":{"replicas":%d}}`, replicas)) {
		w.wants(u, Wish{replicas, w.wish.Image})
	}
}

func (w *workload) rollOut(ctx context.Context, u *user, image string) {
	const path = "/spec/template/spec/containers/0/image"
	if w.patch(ctx, u, "roll out", types.JSONPatchType, fmt.Sprintf(`[{"op":"replace","path":%q,"value":%q}]`, path, image)) {
		w.wants(u, Wish{w.wish.Replicas, image})
	}
}

func (w *workload) pause(ctx context.Context, u *user, paused bool) {
	w.patch(ctx, u, fmt.Sprintf("pause %t", paused), types.MergePatchType, fmt.Sprintf(`{"spec":{"paused":%t}}`, paused))
}

func (w *workload) patch(ctx context.Context, u *user, what string, form types.PatchType, body string) bool {
	return u.do(ctx, what+" "+w.kind.name, func(ctx context.Context) error {
		_, err := w.api.Patch(ctx, w.name, form, []byte(body), metav1.PatchOptions{})
		return err
	})
}

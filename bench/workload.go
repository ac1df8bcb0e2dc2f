// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

// workload is a kind of object that keeps pods and says in its status how many
// there are.
type workload struct {
	resource schema.GroupVersionResource
	kind     string
	selector func(labels map[string]any) map[string]any
}

var (
	replicationControllers = workload{
		schema.GroupVersionResource{Version: "v1", Resource: "replicationcontrollers"}, "ReplicationController",
		func(labels map[string]any) map[string]any { return labels },
	}
	deployments = workload{
		schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}, "Deployment",
		func(labels map[string]any) map[string]any { return map[string]any{"matchLabels": labels} },
	}
)

// object returns one that wants to have so many pods.
func (w *workload) object(name string, replicas int) *unstructured.Unstructured {
	labels := map[string]any{"app": name}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": w.resource.GroupVersion().String(), "kind": w.kind,
		"metadata": map[string]any{"name": name},
		"spec": map[string]any{
			"replicas": int64(replicas), "selector": w.selector(labels),
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels},
				"spec":     map[string]any{"containers": []any{map[string]any{"name": "nginx", "image": "nginx:1.27"}}},
			},
		},
	}}
}

// fleet is many objects of a workload.
type fleet struct {
	workload
	client dynamic.ResourceInterface
	prefix string
	size   int
}

// createAndWait creates the objects and waits until the status of each has all
// replicas.
func (f *fleet) createAndWait(ctx context.Context, replicas int) error {
	return f.andWait(ctx, replicas, func(ctx context.Context, name string) error {
		_, err := f.client.Create(ctx, f.object(name, replicas), metav1.CreateOptions{})
		return err
	})
}

// scaleAndWait scales all objects and waits until the status of each says so.
func (f *fleet) scaleAndWait(ctx context.Context, replicas int) error {
	change := fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas)
	return f.andWait(ctx, replicas, func(ctx context.Context, name string) error {
		_, err := f.client.Patch(ctx, name, types.MergePatchType, change, metav1.PatchOptions{})
		return err
	})
}

func (f *fleet) andWait(ctx context.Context, replicas int, act func(ctx context.Context, name string) error) error {
	ctx, cancel := context.WithTimeout(ctx, convergeTimeout)
	defer cancel()
	list, err := f.client.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	watcher, err := f.client.Watch(ctx, metav1.ListOptions{ResourceVersion: list.GetResourceVersion()})
	if err != nil {
		return err
	}
	defer watcher.Stop()
	acted := make(chan error, 1)
	go func() { acted <- f.each(ctx, act) }()
	err = f.wait(ctx, watcher, replicas)
	return errors.Join(err, <-acted)
}

// each acts on all objects.
func (f *fleet) each(ctx context.Context, act func(ctx context.Context, name string) error) error {
	return each(f.size, func(i int) error { return act(ctx, fmt.Sprintf("%s-%03d", f.prefix, i)) })
}

func (f *fleet) wait(ctx context.Context, watcher watch.Interface, replicas int) error {
	complete := map[string]bool{}
	for len(complete) < f.size {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d %ss have %d replicas: %w", len(complete), f.size, f.kind, replicas, ctx.Err())
		case event, open := <-watcher.ResultChan():
			if !open {
				return fmt.Errorf("the watch of the %ss has ended", f.kind)
			}
			object, ok := event.Object.(*unstructured.Unstructured)
			if !ok {
				continue
			}
			got, _, _ := unstructured.NestedInt64(object.Object, "status", "replicas")
			if got == int64(replicas) {
				complete[object.GetName()] = true
			}
		}
	}
	return nil
}

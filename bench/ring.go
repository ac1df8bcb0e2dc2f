// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

// ring is the objects that operators copy a nonce along, one in each of many
// namespaces: operator i copies from place i to place i+1. We write the nonce of
// the first place, and watch all of them.
type ring struct {
	cluster  *cluster
	objects  dynamic.NamespaceableResourceInterface
	progress io.Writer
	turn     int // the last nonce
}

// placeName is the namespace of a place. Its object is called ringObject.
func placeName(place int) string { return fmt.Sprintf("ring-%04d", place) }

func placeOf(namespace string) (int, error) { return strconv.Atoi(namespace[len("ring-"):]) }

const (
	ringObject  = "ring"
	ringGroup   = "bench.example.com"
	lapDeadline = 30 * time.Minute // a thousand operators may have to be compiled first
)

// newRing makes the resource and the objects of so many places.
func newRing(ctx context.Context, c *cluster, places int, progress io.Writer) (*ring, error) {
	definitions := c.dynamic.Resource(schema.GroupVersionResource{
		Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
	})
	if _, err := definitions.Create(ctx, ringDefinition(), metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	r := &ring{cluster: c, progress: progress, objects: c.dynamic.Resource(schema.GroupVersionResource{
		Group: ringGroup, Version: "v1", Resource: "rings",
	})}
	for {
		_, err := r.objects.List(ctx, metav1.ListOptions{})
		if err == nil {
			break
		}
		if !apierrors.IsNotFound(err) || ctx.Err() != nil {
			return nil, err
		}
		pause(ctx, 100*time.Millisecond)
	}
	return r, each(places, r.createPlace(ctx))
}

func ringDefinition() *unstructured.Unstructured {
	nonce := map[string]any{"type": "object", "properties": map[string]any{"nonce": map[string]any{"type": "string"}}}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "rings." + ringGroup},
		"spec": map[string]any{
			"group": ringGroup, "scope": "Namespaced",
			"names": map[string]any{"plural": "rings", "singular": "ring", "kind": "Ring", "listKind": "RingList"},
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "properties": map[string]any{"spec": nonce}}},
			}},
		},
	}}
}

func (r *ring) createPlace(ctx context.Context) func(place int) error {
	return func(place int) error {
		name := placeName(place)
		space := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		if _, err := r.cluster.client.CoreV1().Namespaces().Create(ctx, space, metav1.CreateOptions{}); err != nil {
			return err
		}
		object := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": ringGroup + "/v1", "kind": "Ring", "metadata": map[string]any{"name": ringObject},
			"spec": map[string]any{"nonce": "0"},
		}}
		_, err := r.objects.Namespace(name).Create(ctx, object, metav1.CreateOptions{})
		return err
	}
}

// laps sends so many nonces along so many operators, one after the other, and
// returns how long each hop took: from one place to the next, as a watch of all
// places sees them.
func (r *ring) laps(ctx context.Context, n, operators int) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, lapDeadline)
	defer cancel()
	list, err := r.objects.List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return nil, err
	}
	watcher, err := r.objects.Watch(ctx, metav1.ListOptions{ResourceVersion: list.GetResourceVersion()})
	if err != nil {
		return nil, err
	}
	defer watcher.Stop()
	var hops []time.Duration
	for range n {
		r.turn++
		nonce := strconv.Itoa(r.turn)
		change := fmt.Appendf(nil, `{"spec":{"nonce":%q}}`, nonce)
		_, err := r.objects.Namespace(placeName(0)).Patch(ctx, ringObject, types.MergePatchType, change, metav1.PatchOptions{})
		if err != nil {
			return nil, err
		}
		lap, err := r.follow(ctx, watcher, nonce, operators)
		if err != nil {
			return nil, err
		}
		hops = append(hops, lap...)
	}
	return hops, nil
}

// follow waits until a nonce has come to all places, and returns its hops.
func (r *ring) follow(ctx context.Context, watcher watch.Interface, nonce string, operators int) ([]time.Duration, error) {
	var hops []time.Duration
	var last time.Time
	look := time.NewTicker(20 * time.Second)
	defer look.Stop()
	for next := 0; next <= operators; {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("the nonce got as far as place %d of %d: %w", next-1, operators, ctx.Err())
		case <-look.C:
			fmt.Fprintf(r.progress, "density: place %d of %d\n", next-1, operators)
		case event, open := <-watcher.ResultChan():
			now := time.Now()
			if !open {
				return nil, fmt.Errorf("the watch of the ring ended at place %d of %d", next-1, operators)
			}
			object, ok := event.Object.(*unstructured.Unstructured)
			if !ok {
				return nil, fmt.Errorf("watch of the ring: %w", apierrors.FromObject(event.Object))
			}
			place, err := placeOf(object.GetNamespace())
			if err != nil {
				return nil, err
			}
			if got, _, _ := unstructured.NestedString(object.Object, "spec", "nonce"); got != nonce || place != next {
				continue // what is left of an earlier lap
			}
			if next > 0 {
				hops = append(hops, now.Sub(last))
			}
			last = now
			next++
		}
	}
	return hops, nil
}

// percentile returns the time within which so much of the hops were made, in
// nanoseconds.
func percentile(hops []time.Duration, part float64) float64 {
	sorted := slices.Sorted(slices.Values(hops))
	return float64(sorted[int(math.Ceil(part*float64(len(sorted))))-1])
}

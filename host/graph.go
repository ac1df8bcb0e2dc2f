// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/access"
	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/graph"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// following is the graph of a version that watches any resource, with the
// goroutine that follows what the API server serves. Nil is none.
type following struct {
	*graph.Graph
	cancel context.CancelFunc
	ended  sync.WaitGroup
}

// openGraph opens the graph of a version if a controller watches any resource.
// The views of it show what was granted of each resource.
func (h *Host) openGraph(v *version, index uint32) error {
	watched := slices.ContainsFunc(v.description.Controllers, func(c abi.Controller) bool {
		return slices.ContainsFunc(c.Watches, func(w abi.Watch) bool { return w.Resource == index })
	})
	if !watched {
		return nil
	}
	projection := v.description.Resources[index].Projection
	reader, err := graph.NewReader(projection)
	if err != nil {
		return err
	}
	open := func(r *abi.APIResource) (*store.View, error) {
		view, some := v.policy.ViewOf(r.Group, r.Resource)
		if !some {
			return nil, nil
		}
		return h.stores.Open(store.ViewOptions{
			Resource: schema.GroupVersionResource{Group: r.Group, Version: r.Version, Resource: r.Resource},
			Kind:     r.Kind, Namespaced: r.Namespaced, Projection: projection, Shows: shows(view), Plugin: v.plugin,
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &following{Graph: graph.New(graph.Options{Open: open, Reader: reader, Logger: h.Logger.With("plugin", v.plugin)}), cancel: cancel}
	f.ended.Go(func() { // ends by close
		f.Follow(ctx, func(ctx context.Context) (*abi.Discovery, error) {
			return h.catalogue.Resources(ctx, h.kube, true)
		})
	})
	v.graph = f
	return nil
}

// reads is the graph for an operator: nil without one, not an interface of nil.
func (f *following) reads() access.Graph {
	if f == nil {
		return nil
	}
	return f.Graph
}

// watch adds the uids that the graph wakes to a queue.
func (f *following) watch(queue *control.Controller, looseOnly bool, delivered, filtered store.Counter) (cancel func()) {
	handler := func(wakes []graph.Wakes) {
		for _, w := range wakes {
			if grant.CheckTarget("", w.UID, "") == nil {
				add(queue, control.Key{Name: w.UID}, w.Initial)
			}
		}
	}
	return f.Watch(graph.WatchOptions{LooseOnly: looseOnly, Handler: handler, Delivered: delivered, Filtered: filtered})
}

// maxFill is how long a version waits for its graph. What is served may take
// longer to answer; then what asks for it comes back later.
const maxFill = 30 * time.Second

// fill waits until the graph is complete.
func (f *following) fill(ctx context.Context, look <-chan time.Time) error {
	if f == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, maxFill)
	defer cancel()
	for f.Ready() != nil {
		select {
		case <-ctx.Done():
			if cause := context.Cause(ctx); !errors.Is(cause, context.DeadlineExceeded) {
				return cause
			}
			return nil
		case <-look:
		}
	}
	return nil
}

func (f *following) problems() []error {
	if f == nil {
		return nil
	}
	return f.Problems()
}

func (f *following) close() {
	if f == nil {
		return
	}
	f.cancel()
	f.ended.Wait()
}

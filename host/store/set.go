// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/host/metric"
)

// Options says how a [Set] reaches the API server.
type Options struct {
	// Config is the API server's. Its rate limits do not apply: an informer
	// asks rarely, and a plugin's writes must not wait for one.
	Config *rest.Config
	// Logger is slog.Default() if nil.
	Logger *slog.Logger
	// Metrics are told of caches and watches; nil stands for some that nobody reads.
	Metrics *metric.Metrics
	// ListOnly never asks for the initial state as a stream (WatchList), which
	// is only of use with API servers that do not answer to it well.
	ListOnly bool
	// Gather is how long what a new view needs is not asked for after the last
	// view was opened, ten times that at most; 0: it is asked for at once. At a
	// start, plugins open their views one after the other, and a resource that
	// several of them read with different fields would be listed for each.
	Gather time.Duration
}

// Set is the informers of one API server.
type Set struct {
	options Options
	logger  *slog.Logger
	started chan struct{} // holds a token if unstarted is not empty

	mu        sync.Mutex // taken before an informer's turn
	informers map[schema.GroupVersionResource]*informer
	unstarted []*generation
}

// NewSet returns an empty set. Nothing is read before [Set.Run].
func NewSet(o Options) *Set {
	s := &Set{
		options:   o,
		logger:    o.Logger,
		started:   make(chan struct{}, 1),
		informers: map[schema.GroupVersionResource]*informer{},
	}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	if s.options.Metrics == nil {
		s.options.Metrics = metric.New(nil)
	}
	return s
}

// Run keeps the caches of all views up to date until ctx is done, and returns
// when everything that it started has ended. It returns an error only if the
// configuration is of no use. It is called once.
func (s *Set) Run(ctx context.Context) error {
	config := rest.CopyConfig(s.options.Config)
	if config.UserAgent == "" {
		config.UserAgent = rest.DefaultKubernetesUserAgent()
	}
	connections := withLulls(config)
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return fmt.Errorf("client of the API server: %w", err)
	}
	defer connections.close()
	var running sync.WaitGroup
	defer running.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.started:
		}
		s.gather(ctx)
		for _, g := range s.takeUnstarted() {
			running.Go(func() { g.run(ctx, config, client) })
		}
	}
}

// gather waits until no more generations come, which may take the place of
// those that are there.
func (s *Set) gather(ctx context.Context) {
	const most = 10
	ctx, cancel := context.WithTimeout(ctx, most*s.options.Gather)
	defer cancel()
	for ctx.Err() == nil {
		pause := time.NewTimer(s.options.Gather)
		select {
		case <-s.started:
		case <-pause.C:
			return
		case <-ctx.Done():
		}
		pause.Stop()
	}
}

// start hands a generation to Run, now or when it runs. The caller holds mu.
func (s *Set) start(g *generation) {
	s.unstarted = append(s.unstarted, g)
	select {
	case s.started <- struct{}{}:
	default:
	}
}

// takeUnstarted returns what is to run. What was stopped meanwhile is not.
func (s *Set) takeUnstarted() []*generation {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := slices.DeleteFunc(s.unstarted, func(g *generation) bool {
		select {
		case <-g.stopped:
			return true
		default:
			return false
		}
	})
	s.unstarted = nil
	return taken
}

// Open returns a view on a resource. If the resource's cache lacks fields that
// the view wants, a cache with all of them is filled in the background, and the
// view is not synced before that; the other views read the old cache until then.
func (s *Set) Open(o ViewOptions) (*View, error) {
	v, err := newView(o)
	if err != nil {
		return nil, fmt.Errorf("view of %s for plugin %q: %w", resourceName(o.Resource), o.Plugin, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	inf, ok := s.informers[o.Resource]
	if !ok {
		inf = newInformer(s, o)
		s.informers[o.Resource] = inf
	}
	v.informer = inf
	inf.add(v)
	return v, nil
}

// Resources returns the names of the resources that have a view, sorted, such
// as "v1/pods" and "apps/v1/deployments".
func (s *Set) Resources() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for r := range maps.Keys(s.informers) {
		names = append(names, resourceName(r))
	}
	return slices.Sorted(slices.Values(names))
}

// close takes the view away, and its informer if it was the last one.
func (s *Set) close(v *View) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.informer.removeView(v) == 0 && s.informers[v.informer.resource] == v.informer {
		delete(s.informers, v.informer.resource)
		v.informer.metrics.Delete()
	}
}

// resourceName names a resource as the package abi does.
func resourceName(r schema.GroupVersionResource) string {
	if r.Group == "" {
		return r.Version + "/" + r.Resource
	}
	return r.Group + "/" + r.Version + "/" + r.Resource
}

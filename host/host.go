// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package host is the process without its flags: it lists the parts and runs
// them.
//
// Parts below know little of each other: control queues keys and knows neither
// wasm nor clients, guest runs modules and knows no Kubernetes, store caches
// objects and knows no plugins, access decides what a plugin may do, install
// follows files. This package alone knows all of them, and is imported by
// commands and tests only. A [Host] is safe for concurrent use.
package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wasm-controller-manager/wcm/host/archive"
	"github.com/wasm-controller-manager/wcm/host/fair"
	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/install"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/limit"
	"github.com/wasm-controller-manager/wcm/host/metric"
	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// Host runs plugins.
type Host struct {
	Options
	compiler *module.Compiler // set by Run before anything uses it
	archive  string           // directory of the plugins' last good versions; as compiler
	stores   *store.Set
	accounts *accounts
	requests *limit.Throttle // in front of the host's own requests
	gate     *fair.Gate      // in front of all processors but one, which is for everything else
	kube     *kube.Client    // the host's own
	// What the API server serves, as old as a plugin may take it for known.
	catalogue *kube.Catalogue
	events    *kube.Events
	metrics   *metric.Metrics
	custom    *metric.Custom
	crew      *crew
	draining  sync.WaitGroup // versions that are being closed, and what was decided about others
	sweeping  atomic.Bool
	scanned   chan struct{} // closed when the plugins that were there at the start are loaded or refused

	mu      sync.Mutex
	plugins map[string]*plugin // guarded by mu
}

// catalogueAge is how old what is known of the API server's resources may be.
// Upstream looks every 30 s. Two requests, when a plugin asks.
const catalogueAge = 10 * time.Second

// New returns a host that does nothing before [Host.Run].
func New(o Options) (*Host, error) {
	o.Fence, o.IdleAfter = cmp.Or(o.Fence, fence.Open()), cmp.Or(o.IdleAfter, defaultIdleAfter)
	o.Config = kube.WarnOnce(o.Config, o.Logger)
	link, err := kube.Connect(o.Config, o.Fence)
	if err != nil {
		return nil, err
	}
	perSecond, burst := kube.RateOf(o.Config)
	requests := limit.NewThrottle(perSecond, burst, nil)
	client, err := link.Client(requests)
	if err != nil {
		return nil, err
	}
	unfenced, err := kube.Connect(o.Config, fence.Open()) // a standby has events too
	if err != nil {
		return nil, err
	}
	events, err := unfenced.Events(requests)
	if err != nil {
		return nil, err
	}
	h := &Host{
		Options:   o,
		requests:  requests,
		gate:      fair.NewGate(max(1, runtime.GOMAXPROCS(0)-1)),
		kube:      client,
		catalogue: kube.NewCatalogue(catalogueAge),
		events:    events,
		metrics:   o.Metrics,
		custom:    metric.NewCustom(o.Registerer),
		stores:    store.NewSet(store.Options{Config: o.Config, Logger: o.Logger, Metrics: o.Metrics, Gather: gatherViews}),
		crew:      newCrew(o.Logger),
		scanned:   make(chan struct{}),
		plugins:   map[string]*plugin{},
	}
	h.accounts, err = newAccounts(h, link, unfenced)
	return h, err
}

// Run loads plugins, follows their files, and reconciles while this process
// leads. When ctx ends it stops in the order in which nothing is lost:
// controllers drain, the lease is released, watches end, modules are closed.
// It returns nil after that, or the first error that made it stop.
func (h *Host) Run(ctx context.Context) (err error) {
	background := context.WithoutCancel(ctx)
	compile := h.Compile
	compile.CacheDir, compile.Logger = h.CacheDir, h.Logger
	compile.Host, compile.Yield = guest.HostFunction, guest.YieldFunction
	compile.Source = func(d module.Digest) ([]byte, error) { return archive.Find(h.archive, d) }
	compile.Loaded, compile.Unloaded = h.codeLoaded, h.codeUnloaded
	h.compiler, err = module.OpenCompiler(background, compile)
	if err != nil {
		return fmt.Errorf("compiler: %w", err)
	}
	defer func() { err = errors.Join(err, h.compiler.Close(background)) }()
	defer h.openArchive()()
	defer h.removeAll(background)

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	caches, stopCaches := context.WithCancel(background)
	var serving sync.WaitGroup
	defer h.events.Close()
	serving.Go(func() { h.expire(caches) }) // ends with caches
	var storeErr error
	serving.Go(func() { // ends with caches
		if storeErr = h.stores.Run(caches); storeErr != nil {
			stop()
		}
	})
	err = h.lead(ctx)
	stopCaches()
	serving.Wait()
	return errors.Join(err, storeErr)
}

// openArchive chooses the directory of the archive, which close removes if
// nothing is to be kept over restarts. Without one the host works; it cannot go
// back, and says so of each plugin.
func (h *Host) openArchive() (closer func()) {
	if h.CacheDir != "" {
		h.archive = filepath.Join(h.CacheDir, "last-good")
		return func() {}
	}
	folder, err := os.MkdirTemp("", "wcm-last-good-")
	if err != nil {
		h.archive = os.DevNull // in which no file can be made
		return func() {}
	}
	h.archive = folder
	return func() { _ = os.RemoveAll(folder) } // the system clears what is left over
}

// lead follows the plugins' files and runs the controllers while this process
// leads, until ctx ends or one of the two fails.
func (h *Host) lead(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	directory := install.New(install.Options{
		Path: h.PluginDir, Files: h.PluginFiles, Embedded: h.Embedded, Installer: h, Logger: h.Logger,
	})
	var following sync.WaitGroup
	var followErr error
	following.Go(func() { // ends with ctx
		if followErr = directory.Run(ctx, func() { close(h.scanned) }); followErr != nil {
			stop(followErr)
		}
	})
	err := h.Leadership.Run(ctx, func(ctx context.Context) error {
		h.crew.run(ctx)
		return nil
	})
	stop(err)
	following.Wait()
	return errors.Join(err, followErr)
}

// removeAll removes all plugins and waits until their modules are closed. No
// reconcile is in flight any more, and a guest that maps is stopped.
func (h *Host) removeAll(ctx context.Context) {
	for _, s := range h.Status() {
		h.remove(ctx, s.Name)
	}
	h.draining.Wait()
}

// gatherViews is how long the caches of a plugin wait for the needs of the next
// one at a start.
const gatherViews = 100 * time.Millisecond

// plugin returns the plugin of a name, which it makes if there is none.
func (h *Host) plugin(name string) *plugin {
	h.mu.Lock()
	defer h.mu.Unlock()
	p, known := h.plugins[name]
	if !known {
		p = &plugin{name: name, bounds: h.newBounds(name), controllers: map[string]*controller{}}
		h.plugins[name] = p
	}
	return p
}

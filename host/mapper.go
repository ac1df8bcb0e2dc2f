// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/health"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// mapper asks a guest which keys a change wakes. Handlers of watches must not
// wait for a guest, so changes go through a queue to a goroutine of their own.
// A guest that cannot answer wakes every primary object: too often is right,
// too seldom is not. One that is in quarantine is not asked.
type mapper struct {
	mapperOptions
	wake   chan struct{} // has an element while there is something to do
	queued bool          // all primary objects, since the guest was asked last; owned by run

	mu      sync.Mutex
	pending []pendingChange // guarded by mu
}

type mapperOptions struct {
	pool       *guest.Pool
	supervisor *supervisor
	timeout    time.Duration // of one call of the guest; 0: none
	queue      *control.Controller
	controller uint32
	watch      uint32
	everything *store.View // of the primary resource
	logger     *slog.Logger
}

type pendingChange struct {
	before, after []byte
	initial       bool
}

func newMapper(o mapperOptions) *mapper {
	return &mapper{mapperOptions: o, wake: make(chan struct{}, 1)}
}

// start starts the goroutine; stop ends it and waits.
func (m *mapper) start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { m.run(ctx) }) // ends by stop, which waits
	return func() {
		cancel()
		running.Wait()
	}
}

// changed is the handler of the watch.
func (m *mapper) changed(c store.Change) {
	p := pendingChange{initial: c.Initial}
	p.before, _ = c.AppendBefore(nil)
	p.after, _ = c.AppendAfter(nil)
	m.mu.Lock()
	m.pending = append(m.pending, p)
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mapper) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		}
		m.mu.Lock()
		changes := m.pending
		m.pending = nil
		m.mu.Unlock()
		for _, c := range changes {
			m.ask(ctx, c)
		}
	}
}

func (m *mapper) ask(ctx context.Context, c pendingChange) {
	if m.supervisor.paused(m.controller) {
		if !m.queued { // none leaves the queue for good while it is paused
			m.addEverything()
			m.queued = true
		}
		return
	}
	m.queued = false
	requests, err := m.call(ctx, c)
	if ctx.Err() != nil {
		return
	}
	m.supervisor.ended(health.Call{Controller: int(m.controller), Map: true, Trapped: trapped(err)}, err)
	if err != nil {
		m.logger.Error("Guest cannot map a change, every object is reconciled", "error", err)
		m.addEverything()
		return
	}
	for i := range requests {
		if !m.everything.Shows(requests[i].Namespace, requests[i].Name) {
			continue // the guest could not read it
		}
		add(m.queue, control.Key{Namespace: requests[i].Namespace, Name: requests[i].Name}, c.initial)
	}
}

func (m *mapper) call(ctx context.Context, c pendingChange) ([]abi.Request, error) {
	if m.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, m.timeout)
		defer cancel()
	}
	instance, err := m.pool.Get(ctx)
	if err != nil {
		return nil, err
	}
	defer m.pool.Put(ctx, instance)
	return instance.Map(ctx, abi.Change{Controller: m.controller, Watch: m.watch, Before: c.before, After: c.after})
}

func (m *mapper) addEverything() {
	err := m.everything.List(store.ListQuery{}, func(rec []byte) bool {
		if namespace, name, _, _, _, err := record.CutHeader(rec); err == nil {
			m.queue.AddLow(control.Key{Namespace: string(namespace), Name: string(name)})
		}
		return true
	})
	if err != nil {
		m.logger.Error("Objects cannot be listed", "error", err)
	}
}

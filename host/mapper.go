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
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/health"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// mapper asks a guest which keys a change wakes. Handlers of watches must not
// wait for a guest, so changes go through a queue to a goroutine of their own.
// A guest that cannot answer wakes every primary object: too often is right,
// too seldom is not. So does one that answers too slowly for what changes, or
// with too many keys of which there are no objects: what waits for a guest must
// not fill the memory of the host. One that is in quarantine is not asked.
type mapper struct {
	mapperOptions
	wake   chan struct{} // has an element while there is something to do
	queued bool          // all primary objects, since the guest was asked last; owned by run

	mu      sync.Mutex
	pending []pendingChange // guarded by mu
	size    int             // of pending, in bytes; guarded by mu
	missed  bool            // changes, since pending was taken; guarded by mu
}

const (
	// maxPending bounds the changes that wait for the guest, in bytes with what
	// each takes by itself.
	maxPending    = 16 << 20
	sizeOfPending = 64
	// maxStrangers is how many keys a controller may know that are no object's:
	// of objects that are gone, or that stand for something else. A key takes
	// half a kilobyte at most.
	maxStrangers = 50_000
)

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
	m.keep(p)
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mapper) keep(p pendingChange) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.missed {
		return
	}
	m.size += sizeOfPending + len(p.before) + len(p.after)
	if m.size > maxPending {
		m.pending, m.missed = nil, true
		return
	}
	m.pending = append(m.pending, p)
}

// take returns what waits, and whether there was more than could be kept.
func (m *mapper) take() (changes []pendingChange, missed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	changes, missed = m.pending, m.missed
	m.pending, m.size, m.missed = nil, 0, false
	return changes, missed
}

func (m *mapper) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		}
		changes, missed := m.take()
		if missed {
			m.logger.Warn("Guest maps too slowly, every object is reconciled")
			m.addEverything()
		}
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
	m.addRequests(requests, c.initial)
}

// addRequests adds the keys that a guest named.
func (m *mapper) addRequests(requests []abi.Request, initial bool) {
	most := m.everything.Len() + maxStrangers
	for _, r := range requests {
		if grant.CheckTarget(r.Namespace, r.Name, "") != nil || !m.everything.Shows(r.Namespace, r.Name) {
			continue // there can be no such object, or the guest could not read it
		}
		if m.queue.Known() >= most {
			m.logger.Warn("Guest maps to too many keys, every object is reconciled")
			m.addEverything()
			return
		}
		add(m.queue, control.Key{Namespace: r.Namespace, Name: r.Name}, initial)
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

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"cmp"
	"context"
	"math"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/bench/benchtest"
	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/fair"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
)

// What the benchmark of fairness does.
const (
	fairnessQPS      = 400 // of the process
	fairnessBurst    = 400
	neighbourEvery   = 10 * time.Millisecond // one reconcile with a read and a write
	neighbourStretch = 100                   // reconciles before the flood comes or goes
	neighbourPods    = 1000
	floodedKeys      = 5000 // in each of the flood's queues
)

// BenchmarkFairness is the latency of a reconcile of the plugin neighbour, from
// the Add of its key to its outcome: alone, beside the plugin flood, and beside
// it without the gate. An iteration is 500 reconciles of each, in short
// stretches by turns, so that a noisy machine is noisy for all of them. The
// API server is a process of its own.
func BenchmarkFairness(b *testing.B) {
	config := benchtest.Start(b)
	config.QPS, config.Burst = fairnessQPS, fairnessBurst
	h := benchHostOf(b, config)
	folder := b.TempDir()
	wasm := map[string][]byte{}
	for _, name := range []string{"neighbour", "flood"} {
		file := filepath.Join(folder, name+".wasm")
		hosttest.BuildPlugin(b, "bench/guests/"+name, file)
		wasm[name] = benchModule(b, file)
	}
	gated := newContest(b, h, wasm, "")
	gate := h.gate
	h.gate = fair.NewGate(math.MaxInt32)
	ungated := newContest(b, h, wasm, "-ungated")
	h.gate = gate

	var alone, beside, without []time.Duration
	for b.Loop() {
		for range 5 {
			alone = gated.measure(alone)
			gated.flood(func() { beside = gated.measure(beside) })
			ungated.flood(func() { without = ungated.measure(without) })
		}
	}
	for name, samples := range map[string][]time.Duration{"alone": alone, "beside": beside, "ungated": without} {
		slices.Sort(samples)
		for percent, unit := range map[int]string{50: "p50", 99: "p99"} {
			b.ReportMetric(float64(samples[len(samples)*percent/100].Nanoseconds()), name+"-"+unit+"-ns")
		}
	}
	b.ReportMetric(float64(len(beside)), "samples")
	b.ReportMetric(0, "ns/op")
}

// contest is the two plugins on one host.
type contest struct {
	b         *testing.B
	neighbour *latencies
	queue     *controller
	next      int
	flooding  []*controller
}

func newContest(b *testing.B, h *Host, wasm map[string][]byte, suffix string) *contest {
	c := &contest{b: b}
	v := benchPlugin(b, h, "neighbour"+suffix, wasm["neighbour"])
	d := &v.description.Controllers[0]
	c.neighbour = &latencies{Reconciler: &reconciler{pool: v.pool, name: d.Name, supervisor: v.supervisor}, added: map[control.Key]time.Time{}}
	c.queue = h.newController(h.plugin("neighbour"+suffix), d, v.workers(d), c.neighbour)
	running, stop := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- c.queue.Run(running) }()
	b.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	v = benchPlugin(b, h, "flood"+suffix, wasm["flood"])
	for i := range v.description.Controllers {
		d := &v.description.Controllers[i]
		r := &endless{b: b, Reconciler: &reconciler{pool: v.pool, controller: uint32(i), name: d.Name, supervisor: v.supervisor}}
		r.queue = h.newController(h.plugin("flood"+suffix), d, v.workers(d), r)
		for i := range floodedKeys {
			r.queue.Add(podKey(i))
		}
		c.flooding = append(c.flooding, r.queue)
	}
	return c
}

func podKey(i int) control.Key {
	namespace, name := benchtest.Key(i)
	return control.Key{Namespace: namespace, Name: name}
}

// measure appends the latencies of a stretch.
func (c *contest) measure(samples []time.Duration) []time.Duration {
	tick := time.NewTicker(neighbourEvery)
	defer tick.Stop()
	for range neighbourStretch {
		<-tick.C
		key := podKey(c.next % neighbourPods)
		c.next++
		c.neighbour.expect(key)
		c.queue.Add(key)
	}
	c.neighbour.pending.Wait()
	if c.neighbour.failure != nil {
		c.b.Fatal(c.neighbour.failure)
	}
	samples = append(samples, c.neighbour.took...)
	c.neighbour.took = nil
	return samples
}

// flood calls f while the flood's controllers work. They need a moment to get
// going.
func (c *contest) flood(f func()) {
	ctx, stop := context.WithCancel(c.b.Context())
	var working sync.WaitGroup
	for _, q := range c.flooding {
		working.Go(func() {
			if err := q.Run(ctx); err != nil {
				c.b.Error(err)
			}
		})
	}
	<-time.After(200 * time.Millisecond)
	f()
	stop()
	working.Wait()
}

// latencies takes the time of each reconcile.
type latencies struct {
	control.Reconciler
	pending sync.WaitGroup

	mu      sync.Mutex
	added   map[control.Key]time.Time // guarded by mu
	took    []time.Duration           // guarded by mu
	failure error                     // guarded by mu
}

func (l *latencies) expect(key control.Key) {
	l.pending.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.added[key] = time.Now()
}

func (l *latencies) Reconcile(ctx context.Context, a control.Attempt) control.Outcome {
	outcome := l.Reconciler.Reconcile(ctx, a)
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = append(l.took, now.Sub(l.added[a.Key]))
	l.failure = cmp.Or(l.failure, outcome.Err)
	l.pending.Done()
	return control.Outcome{} // not to be tried again
}

// endless adds each key again.
type endless struct {
	control.Reconciler
	b     *testing.B
	queue *controller
}

func (e *endless) Reconcile(ctx context.Context, a control.Attempt) control.Outcome {
	outcome := e.Reconciler.Reconcile(ctx, a)
	if outcome.Err != nil && ctx.Err() == nil {
		e.b.Error(outcome.Err)
	}
	e.queue.Add(a.Key)
	return outcome
}

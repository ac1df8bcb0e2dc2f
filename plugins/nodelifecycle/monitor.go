// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// maxWrites is how many nodes one pass writes to, so that it ends in time where
// the API server or its rate limits are slow, and others get their turn.
const maxWrites = 50

// pass is one look at all nodes.
type pass struct {
	*memory
	settings *Settings
	now      time.Time
	zones    []*zone
	wait     time.Duration // until the next one
	writes   int
}

// errEnough ends a pass that has written enough.
var errEnough = errors.New("this pass has written enough")

// errStale ends a pass that would decide on leases that have been renewed.
var errStale = errors.New("the cache of leases is behind the API server")

// monitor looks at all nodes. It never fails: what went wrong is in the log,
// and is tried again in the next pass, which is due soon, not after a back-off.
func monitor(ctx context.Context, _ sdk.Request) (sdk.Result, error) {
	s := settings.Get(ctx)
	p := &pass{memory: memories.Get(ctx), settings: s, now: sdk.Now(ctx), wait: s.period}
	switch err := p.run(ctx); {
	case err == nil:
	case errors.Is(err, errEnough):
		p.wait = time.Millisecond
	default:
		sdk.LoggerFrom(ctx).Error(err, "This look at the nodes ends early")
	}
	return sdk.Result{RequeueAfter: p.wait}, nil
}

func (p *pass) run(ctx context.Context) error {
	if err := p.look(ctx); err != nil {
		return err
	}
	if err := p.markSilent(ctx); err != nil {
		return err
	}
	p.zones = p.memory.zones()
	p.report(ctx)
	p.assess(ctx)
	if err := p.lineUp(ctx); err != nil {
		return err
	}
	return p.taintWaiting(ctx)
}

// look observes all nodes, and tells of those that came and went.
func (p *pass) look(ctx context.Context) error {
	renewed := map[string]time.Time{}
	for lease, err := range leases.All(ctx, sdk.InNamespace(leaseNamespace)) {
		if err != nil {
			return err
		}
		renewed[lease.Name] = lease.Spec.RenewTime.Time
	}
	if p.nodes == nil {
		p.nodes, p.tainted = map[string]*known{}, map[string]time.Time{}
	}
	p.memory.pass++
	for node, err := range nodes.All(ctx) {
		if err != nil {
			return err
		}
		if p.observe(node, renewed[node.Name], p.settings, p.now) {
			tell(ctx, node.Name, node.UID, "RegisteredNode", "event: Registered Node "+node.Name+" in Controller")
		}
	}
	for name, k := range p.nodes {
		if k.pass != p.memory.pass {
			tell(ctx, name, k.uid, "RemovingNode", "event: Removing Node "+name+" from Controller")
			delete(p.nodes, name)
		}
	}
	return nil
}

// tell reports something about a node.
func tell(ctx context.Context, name, uid, reason, what string) {
	nodes.Event(ctx, sdk.Header{Name: name, UID: uid}, sdk.Normal, reason, "Node "+name+" "+what)
}

// names returns the nodes in order.
func (p *pass) names() []string { return slices.Sorted(maps.Keys(p.nodes)) }

// assess tells whether any zone has a node that is ready. When the last one is
// lost, the fault is probably the control plane's own: all taints go. When the
// first one comes back, all nodes have their time again to do so too.
func (p *pass) assess(ctx context.Context) {
	disrupted := fullyDisrupted(p.zones)
	switch {
	case disrupted && !p.disrupted:
		sdk.LoggerFrom(ctx).Warn("No node is ready: nodes are not tainted until one is")
	case !disrupted && p.disrupted:
		sdk.LoggerFrom(ctx).Info("Some nodes are ready again")
		for _, k := range p.nodes {
			k.seen = p.now
		}
	}
	p.disrupted = disrupted
}

// lineUp gives nodes the taints that are nobody's to wait for, and lines up the
// others.
func (p *pass) lineUp(ctx context.Context) error {
	for _, name := range p.names() {
		k := p.nodes[name]
		want := noExecuteTaint(k.ready)
		if p.disrupted {
			want = ""
		}
		switch {
		case k.lost || k.ready == "" || k.taint == want && !k.both:
			// It could not be written that the node is lost, it has not said
			// yet how it is, or it is tainted as it should be.
		case k.taint == "":
			z := p.zoneOf(k)
			z.waiting = append(z.waiting, waiter{name, k.since})
		default:
			if _, err := p.taint(ctx, name, want); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *pass) zoneOf(k *known) *zone {
	i, _ := slices.BinarySearchFunc(p.zones, k.zone, func(z *zone, name string) int { return strings.Compare(z.name, name) })
	return p.zones[i]
}

// taintWaiting taints nodes, the longest lost first, no faster than their zones
// allow.
func (p *pass) taintWaiting(ctx context.Context) error {
	for _, z := range p.zones {
		interval, some := z.interval(p.settings)
		if !some {
			continue
		}
		slices.SortStableFunc(z.waiting, func(a, b waiter) int { return a.since.Compare(b.since) })
		for _, w := range z.waiting {
			if wait := min(z.last.Add(interval).Sub(p.now), interval); wait > 0 {
				p.wait = min(p.wait, wait)
				break
			}
			done, err := p.taint(ctx, w.node, noExecuteTaint(p.nodes[w.node].ready))
			if err != nil {
				return err
			}
			if !done {
				continue
			}
			z.last, p.tainted[z.name] = p.now, p.now
			evictions.Add(ctx, 1, sdk.Label{Key: "zone", Value: z.name})
		}
	}
	return nil
}

// taint makes a node have this NoExecute taint of ours, none if it is empty. It
// reports false if it has it already, or changed or went meanwhile.
func (p *pass) taint(ctx context.Context, name, key string) (bool, error) {
	node, err := nodes.Get(ctx, sdk.Key{Name: name})
	if err != nil {
		return false, sdk.IgnoreNotFound(err)
	}
	var keys []string
	if key != "" {
		keys = []string{key}
	}
	taints, changed := retaint(node.Spec.Taints, ownNoExecute, noExecute, keys, p.now)
	if !changed {
		return false, nil
	}
	if err := p.write(); err != nil {
		return false, err
	}
	var change struct {
		Spec struct {
			Taints []Taint `json:"taints"`
		} `json:"spec"`
	}
	change.Spec.Taints = taints
	_, err = nodes.Patch(ctx, node, sdk.MergePatch(change), sdk.PreconditionUID(node.UID), sdk.Unchanged(node))
	return err == nil, ignoreRace(ctx, name, err)
}

// write counts a write that is about to happen.
func (p *pass) write() error {
	if p.writes == maxWrites {
		return errEnough
	}
	p.writes++
	return nil
}

// ignoreRace returns nil if the node has changed or gone: the next pass sees.
func ignoreRace(ctx context.Context, name string, err error) error {
	if sdk.IsNotFound(err) || sdk.IsConflict(err) {
		sdk.LoggerFrom(ctx).Debug("the node has changed meanwhile", "node", name)
		return nil
	}
	return err
}

// The metrics, under upstream's names.
const (
	evictions      = sdk.Counter("node_collector_evictions_total")
	zoneSize       = sdk.Gauge("node_collector_zone_size")
	zoneHealth     = sdk.Gauge("node_collector_zone_health")
	unhealthyNodes = sdk.Gauge("node_collector_unhealthy_nodes_in_zone")
)

func (p *pass) report(ctx context.Context) {
	for _, z := range p.zones {
		label := sdk.Label{Key: "zone", Value: z.name}
		size, health := z.ready+z.notReady, 100.0
		if size > 0 {
			health = 100 * float64(z.ready) / float64(size)
		}
		zoneSize.Set(ctx, float64(size), label)
		zoneHealth.Set(ctx, health, label)
		unhealthyNodes.Set(ctx, float64(z.notReady), label)
	}
}

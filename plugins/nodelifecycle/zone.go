// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import (
	"math"
	"slices"
	"strings"
	"time"
)

// zoneState says how many nodes of a zone are not ready.
type zoneState int

const (
	zoneNormal  zoneState = iota
	zonePartial           // many: more than two, and unhealthyZoneThreshold of them
	zoneFull              // all
)

// zone is a failure domain in one pass.
type zone struct {
	name            string
	ready, notReady int       // nodes that count for its state
	waiting         []waiter  // nodes that are to be tainted
	last            time.Time // when one was
}

// waiter is a node that is to be tainted.
type waiter struct {
	node  string
	since time.Time
}

// state returns the state of the zone.
func (z *zone) state(threshold float64) zoneState {
	switch size := z.ready + z.notReady; {
	case z.ready == 0 && z.notReady > 0:
		return zoneFull
	case z.notReady > 2 && float64(z.notReady)/float64(size) >= threshold:
		return zonePartial
	}
	return zoneNormal
}

// interval returns the time between two nodes of the zone that are tainted,
// and whether any may be. A zone that has lost some of its nodes is slow, or
// waits if it is small: there, the fault is probably not the nodes'. One that
// has lost all goes on, since others are fine.
func (z *zone) interval(s *Settings) (time.Duration, bool) {
	rate := s.NodeEvictionRate
	if z.state(s.UnhealthyZoneThreshold) == zonePartial {
		rate = 0
		if z.ready+z.notReady > s.LargeClusterSizeThreshold {
			rate = s.SecondaryNodeEvictionRate
		}
	}
	if rate <= 0 {
		return 0, false
	}
	return time.Duration(min(float64(time.Second)/rate, math.MaxInt64/2)), true
}

// zones returns the zones of the nodes, by name.
func (m *memory) zones() []*zone {
	byName := map[string]*zone{}
	for _, k := range m.nodes {
		z := byName[k.zone]
		if z == nil {
			z = &zone{name: k.zone, last: m.tainted[k.zone]}
			byName[k.zone] = z
		}
		if k.added.After(z.last) {
			z.last = k.added
		}
		switch {
		case k.excluded:
		case k.ready == statusTrue:
			z.ready++
		default:
			z.notReady++
		}
	}
	var all []*zone
	for _, z := range byName {
		all = append(all, z)
	}
	slices.SortFunc(all, func(a, b *zone) int { return strings.Compare(a.name, b.name) })
	return all
}

// fullyDisrupted reports whether no zone has a node that is ready. Zones of
// which no node counts do not matter.
func fullyDisrupted(zones []*zone) bool {
	some := false
	for _, z := range zones {
		if z.ready > 0 {
			return false
		}
		some = some || z.notReady > 0
	}
	return some
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpointslice

import (
	"cmp"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// planner decides what becomes of the slices of a service.
type planner struct {
	service *backend.Service
	labels  sdk.Labels // that each slice is to have
	limit   int        // of endpoints per slice
	changes backend.Changes
}

// plan returns the changes that make the slices, which are those of the
// service in any order, hold the endpoints of its members, with few writes:
// slices that have what they should are left alone even if fewer would do.
func plan(service *backend.Service, members []member, existing []*backend.Slice, limit int) backend.Changes {
	p := planner{service: service, labels: labels(service), limit: limit}
	slices.SortFunc(existing, func(a, b *backend.Slice) int { return strings.Compare(a.Name, b.Name) })
	families := service.Families()
	for _, family := range families {
		p.family(family, groups(service, members, family), existing)
	}
	for _, slice := range existing {
		if !slices.Contains(families, slice.AddressType) {
			p.changes.Delete = append(p.changes.Delete, slice)
		}
	}
	p.changes.Recycle("Service", service.UID)
	return p.changes
}

// family plans the slices of one address family. Without endpoints there is
// one empty slice, which says that somebody has looked.
func (p *planner) family(family string, want []group, existing []*backend.Slice) {
	byPorts := map[string][]*backend.Slice{}
	var keys []string
	for _, slice := range existing {
		switch key := backend.PortsKey(slice.Ports); {
		case slice.AddressType != family:
		case !slice.OwnedBy("Service", p.service.UID): // of a namesake that is gone
			p.changes.Delete = append(p.changes.Delete, slice)
		default:
			if byPorts[key] == nil {
				keys = append(keys, key)
			}
			byPorts[key] = append(byPorts[key], slice)
		}
	}
	if len(want) == 0 {
		want = []group{{}}
	}
	for _, g := range want {
		key := backend.PortsKey(g.ports)
		p.group(family, g, byPorts[key])
		delete(byPorts, key)
	}
	for _, key := range keys {
		p.changes.Delete = append(p.changes.Delete, byPorts[key]...)
	}
}

// group plans the slices that have the ports of a group.
func (p *planner) group(family string, g group, existing []*backend.Slice) {
	drafts, missing := p.keep(g, existing)
	missing = p.fillChanged(drafts, missing)
	for len(missing) > 0 || len(g.endpoints) == 0 && len(drafts) == 0 {
		draft := p.roomy(drafts, len(missing))
		if draft == nil {
			drafts = append(drafts, &draftOf{changed: true})
			draft = drafts[len(drafts)-1]
		}
		missing = draft.fill(missing, p.limit)
	}
	for _, d := range withoutEmpty(drafts, &p.changes) {
		p.add(backend.Draft{Old: d.old, AddressType: family, Ports: g.ports, Endpoints: d.endpoints, Labels: p.labels}, d.changed)
	}
}

// withoutEmpty deletes slices that are empty, but for one if all are.
func withoutEmpty(drafts []*draftOf, changes *backend.Changes) []*draftOf {
	kept := drafts[:0]
	for i, d := range drafts {
		if last := i == len(drafts)-1 && len(kept) == 0; d.old != nil && len(d.endpoints) == 0 && !last {
			changes.Delete = append(changes.Delete, d.old)
			continue
		}
		kept = append(kept, d)
	}
	return kept
}

// draftOf is a slice that the planner works on.
type draftOf struct {
	old       *backend.Slice // nil: a new one
	endpoints []backend.Endpoint
	changed   bool
}

// keep leaves each endpoint in the slice that has it, deletes slices of which
// nothing is left, and returns the others and the endpoints that none has.
func (p *planner) keep(g group, existing []*backend.Slice) (drafts []*draftOf, missing []wanted) {
	unplaced := make(map[string]*wanted, len(g.endpoints))
	for i := range g.endpoints {
		unplaced[g.endpoints[i].key] = &g.endpoints[i]
	}
	for _, slice := range existing {
		d := &draftOf{old: slice, changed: !backend.SameLabels(slice.Labels, p.labels)}
		for i := range slice.Endpoints {
			key := slice.Endpoints[i].Key()
			want := unplaced[key]
			if want == nil {
				d.changed = true
				continue
			}
			delete(unplaced, key)
			d.changed = d.changed || !want.Same(&slice.Endpoints[i])
			d.endpoints = append(d.endpoints, want.Endpoint)
		}
		if len(d.endpoints) == 0 && len(slice.Endpoints) > 0 {
			p.changes.Delete = append(p.changes.Delete, slice)
			continue
		}
		drafts = append(drafts, d)
	}
	for _, e := range g.endpoints {
		if unplaced[e.key] != nil {
			missing = append(missing, e)
		}
	}
	return drafts, missing
}

// fillChanged puts missing endpoints into slices that are written anyway, the
// fullest first, and returns those that are left.
func (p *planner) fillChanged(drafts []*draftOf, missing []wanted) []wanted {
	var changed []*draftOf
	for _, d := range drafts {
		if d.changed {
			changed = append(changed, d)
		}
	}
	slices.SortStableFunc(changed, func(a, b *draftOf) int { return cmp.Compare(len(b.endpoints), len(a.endpoints)) })
	for _, d := range changed {
		missing = d.fill(missing, p.limit)
	}
	return missing
}

// roomy returns the fullest of the unchanged slices that has room for n more
// endpoints, nil if there is none.
func (p *planner) roomy(drafts []*draftOf, n int) *draftOf {
	var best *draftOf
	for _, d := range drafts {
		if !d.changed && len(d.endpoints)+n <= p.limit && (best == nil || len(d.endpoints) > len(best.endpoints)) {
			best = d
		}
	}
	return best
}

// fill takes as many of the endpoints as there is room for and returns the
// others.
func (d *draftOf) fill(endpoints []wanted, limit int) (left []wanted) {
	n := max(0, min(len(endpoints), limit-len(d.endpoints)))
	for _, e := range endpoints[:n] {
		d.endpoints, d.changed = append(d.endpoints, e.Endpoint), true
	}
	return endpoints[n:]
}

// add plans a draft that is changed.
func (p *planner) add(draft backend.Draft, changed bool) {
	switch {
	case draft.Old == nil:
		p.changes.Create = append(p.changes.Create, draft)
	case changed:
		p.changes.Update = append(p.changes.Update, draft)
	}
}

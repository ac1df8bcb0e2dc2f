// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/wasm-controller-manager/wcm/host/metric"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// PluginStatus is the state of one plugin, for people and for checks.
type PluginStatus struct {
	Name        string
	Digest      module.Digest // empty if no version was ever good
	Version     string
	Controllers []string
	// Idle says that the plugin had no work for so long that its code is not in
	// memory; it comes back when there is some.
	Idle bool
	// State is the worst that can be said of the plugin.
	State metric.PluginState
	// Failure is why the newest files are not running, a [*RolledBackError] if
	// they did; nil if they are.
	Failure error
	// Problem is why the running version cannot do all of its work; nil if it can.
	Problem error
	// Quarantines are the controllers that make no calls because they trapped.
	Quarantines []Quarantine
}

// Quarantine is why a controller makes no calls.
type Quarantine struct {
	Controller string
	// Until is when one key is tried. It has passed while a key is being tried,
	// or there is none.
	Until   time.Time
	Because string // counts of calls
	Trap    error  // the last one
}

// Status returns the state of all plugins, by name.
func (h *Host) Status() []PluginStatus {
	h.mu.Lock()
	plugins := slices.Collect(maps.Values(h.plugins))
	h.mu.Unlock()
	statuses := make([]PluginStatus, len(plugins))
	for i, p := range plugins {
		statuses[i] = p.status()
	}
	slices.SortFunc(statuses, func(a, b PluginStatus) int { return cmp.Compare(a.Name, b.Name) })
	return statuses
}

func (p *plugin) status() PluginStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := PluginStatus{Name: p.name, Failure: p.failure, Controllers: slices.Sorted(maps.Keys(p.controllers))}
	if v := p.current; v != nil {
		s.Digest, s.Version, s.Problem = v.module.Info.Digest, v.description.Version, v.problems()
		s.Idle = !v.module.Loaded()
		for _, q := range v.supervisor.quarantines() {
			s.Quarantines = append(s.Quarantines, Quarantine{
				Controller: v.description.Controllers[q.controller].Name, Until: q.until, Because: q.because, Trap: q.trap,
			})
		}
	}
	s.State = stateOf(&s)
	return s
}

func stateOf(s *PluginStatus) metric.PluginState {
	_, rolledBack := errors.AsType[*RolledBackError](s.Failure)
	switch {
	case len(s.Quarantines) > 0:
		return metric.PluginQuarantined
	case rolledBack:
		return metric.PluginRolledBack
	case s.Failure != nil:
		return metric.PluginRefused
	}
	return metric.PluginRunning
}

// Ready returns nil when the files of all plugins have been looked at and the
// caches of those that run have been filled. A plugin that could not be loaded,
// or a resource that the API server refuses to show, does not make the host
// unready: the other plugins do their work.
func (h *Host) Ready() error {
	select {
	case <-h.scanned:
	default:
		return errors.New("plugins are being loaded")
	}
	for _, v := range h.versions() {
		if err := v.unfilled(); err != nil {
			return fmt.Errorf("plugin %s: %w", v.plugin, err)
		}
	}
	return nil
}

// versions returns what is installed of each plugin.
func (h *Host) versions() []*version {
	h.mu.Lock()
	defer h.mu.Unlock()
	var current []*version
	for _, p := range h.plugins {
		p.mu.Lock()
		if p.current != nil {
			current = append(current, p.current)
		}
		p.mu.Unlock()
	}
	return current
}

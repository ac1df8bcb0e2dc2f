// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/install"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// component is the source of the host's own events.
const component = "wasm-controller-manager"

// leases is the kind of object that the host's own events are about: the
// lease is the one object that stands for the host in the cluster.
var leases = kube.Target{Group: "coordination.k8s.io", Version: "v1", Resource: "leases", Kind: "Lease"}

// refused says everywhere that a file did not become the plugin's version:
// in the log, as an event, as a metric and in the plugin's status.
func (h *Host) refused(logger *slog.Logger, p *plugin, file install.Plugin, err error) {
	p.mu.Lock()
	p.failure = err
	running := p.current
	p.mu.Unlock()
	logger.Error("Plugin is not loaded", "path", file.Path, "error", err)
	h.metrics.ModuleRefused(reasonOf(err))
	message := fmt.Sprintf("%s %v", file.Path, err)
	if running != nil {
		h.metrics.Plugin(file.Name).Reloaded(false)
		message += fmt.Sprintf("; the module before it, %s, runs on", running.module.Info.Digest.Short())
	}
	h.event(true, "PluginNotLoaded", "plugin "+file.Name+": "+message)
}

// reasonOf classifies a failure for metrics.
func reasonOf(err error) string {
	var refused *module.RefusedError
	var description *guest.DescriptionError
	var trap *guest.TrapError
	var rejected *guest.RejectedError
	var memory *guest.MemoryError
	var ungranted *ungrantedError
	switch {
	case errors.As(err, &refused):
		return string(refused.Reason)
	case errors.As(err, &description):
		return "description"
	case errors.As(err, &trap):
		return "trap"
	case errors.As(err, &rejected):
		return "settings"
	case errors.As(err, &memory):
		return "memory"
	case errors.As(err, &ungranted):
		return "grants"
	}
	return "other"
}

// activated says that a version has taken over.
func (h *Host) activated(logger *slog.Logger, p *plugin, next, before *version) {
	if problem := next.problems(); problem != nil {
		logger.Warn("Plugin waits for resources", "problem", problem)
	}
	if before == nil {
		h.metrics.ModuleLoaded(1)
		logger.Info("Plugin loaded", "version", next.description.Version, "controllers", len(next.description.Controllers))
		return
	}
	h.metrics.Plugin(p.name).Reloaded(true)
	logger.Info("Plugin replaced", "version", next.description.Version, "before", before.module.Info.Digest.Short())
	h.event(false, "PluginReplaced", fmt.Sprintf("plugin %s: module %s replaces %s",
		p.name, next.module.Info.Digest.Short(), before.module.Info.Digest.Short()))
}

func (h *Host) event(warning bool, reason, message string) {
	h.events.Record(leases, &abi.Event{
		Namespace: h.LeaseNamespace, Name: h.LeaseName,
		Warning: warning, Reason: reason, Message: message, Source: component,
	})
}

// PluginStatus is the state of one plugin, for people and for checks.
type PluginStatus struct {
	Name        string
	Digest      module.Digest // empty if no version was ever good
	Version     string
	Controllers []string
	// Failure is why the newest file is not running; nil if it is.
	Failure error
	// Problem is why the running version cannot do all of its work; nil if it can.
	Problem error
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
	if p.current != nil {
		s.Digest, s.Version = p.current.module.Info.Digest, p.current.description.Version
		s.Problem = p.current.problems()
	}
	return s
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
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, p := range h.plugins {
		if !p.mu.TryLock() {
			continue // it is being replaced or removed: it runs
		}
		current := p.current
		p.mu.Unlock()
		if current == nil {
			continue
		}
		if err := current.unfilled(); err != nil {
			return fmt.Errorf("plugin %s: %w", name, err)
		}
	}
	return nil
}

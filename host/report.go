// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"log/slog"

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
	h.metrics.ModuleRefused(reasonOf(err))
	p.mu.Lock()
	p.failure = err
	running := p.current
	p.mu.Unlock()
	logger.Error("Plugin is not loaded", "path", file.Path, "error", err)
	message := fmt.Sprintf("%s %v", file.Path, err)
	if running != nil {
		h.metrics.Plugin(file.Name).Reloaded(false)
		message += fmt.Sprintf("; the module before it, %s, runs on", running.module.Info.Digest.Short())
	}
	h.event(true, "PluginNotLoaded", "plugin "+file.Name+": "+message)
	h.reportState(p)
	h.sweep()
}

// reasonOf classifies a failure for metrics.
func reasonOf(err error) string {
	var refused *module.RefusedError
	var description *guest.DescriptionError
	var trap *guest.TrapError
	var timeout *guest.TimeoutError
	var rejected *guest.RejectedError
	var memory *guest.MemoryError
	var ungranted *ungrantedError
	var manifest *manifestError
	switch {
	case errors.As(err, &refused):
		return string(refused.Reason)
	case errors.As(err, &description):
		return "description"
	case errors.As(err, &trap):
		return "trap"
	case errors.As(err, &timeout):
		return "timeout"
	case errors.As(err, &rejected):
		return "settings"
	case errors.As(err, &memory):
		return "memory"
	case errors.As(err, &ungranted):
		return "grants"
	case errors.As(err, &manifest):
		return "manifest"
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
		h.reportState(p)
		return
	}
	h.metrics.Plugin(p.name).Reloaded(true)
	logger.Info("Plugin replaced", "version", next.description.Version, "before", before.module.Info.Digest.Short())
	h.event(false, "PluginReplaced", fmt.Sprintf("plugin %s: module %s replaces %s",
		p.name, next.module.Info.Digest.Short(), before.module.Info.Digest.Short()))
	h.reportState(p)
}

func (h *Host) event(warning bool, reason, message string) {
	h.events.Record(leases, &abi.Event{
		Namespace: h.LeaseNamespace, Name: h.LeaseName,
		Warning: warning, Reason: reason, Message: message, Source: component,
	})
}

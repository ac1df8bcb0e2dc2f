// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"fmt"
	"log/slog"

	"github.com/wasm-controller-manager/wcm/host/archive"
	"github.com/wasm-controller-manager/wcm/host/health"
)

// The functions of this file say in the log, as events and in metrics what
// follows from the way in which the calls of a version ended. Their callers
// hold p.changing.

// rolledBack says that a version was left.
func (h *Host) rolledBack(logger *slog.Logger, p *plugin, left *archive.Left, good *version) {
	what := "module " + left.Module.Short() + " is left and "
	if left.Module == good.module.Info.Digest {
		what = "its new settings are left and "
	}
	logger.Error("Plugin is rolled back", "good", good.module.Info.Digest.Short(), "because", left.Because)
	h.metrics.Plugin(p.name).RolledBack(true)
	h.event(true, "PluginRolledBack", fmt.Sprintf("plugin %s: %sthe last good module %s runs again until the files change; %s",
		p.name, what, good.module.Info.Digest.Short(), left.Because))
}

func (h *Host) notRolledBack(logger *slog.Logger, p *plugin, err error) {
	logger.Error("Plugin cannot be rolled back", "error", err)
	h.metrics.Plugin(p.name).RolledBack(false)
	h.event(true, "PluginNotRolledBack", fmt.Sprintf("plugin %s: the last good version cannot be started: %v", p.name, err))
}

// resumed says that after a start it is not the newest version that runs.
func (h *Host) resumed(logger *slog.Logger, p *plugin, good *version, failure error) {
	h.metrics.ModuleLoaded(1)
	digest := good.module.Info.Digest.Short()
	logger.Warn("Plugin loaded in its last good version", "good", digest, "because", failure)
	h.event(true, "PluginResumed", fmt.Sprintf("plugin %s: the last good module %s runs; of the newest files: %v", p.name, digest, failure))
	h.reportState(p)
}

func (h *Host) quarantined(logger *slog.Logger, p *plugin, step health.Step, trap error) {
	because := p.because(step, trap)
	logger.Error("Controller is in quarantine", "for", step.Backoff, "because", because)
	h.event(true, "PluginQuarantined", fmt.Sprintf("plugin %s: no calls for %v; %s", p.name, step.Backoff, because))
}

func (h *Host) released(logger *slog.Logger, p *plugin, step health.Step) {
	controller := p.current.description.Controllers[step.Controller].Name
	logger.Info("Controller is out of quarantine", "controller", controller)
	h.event(false, "PluginReleased", fmt.Sprintf("plugin %s: controller %s works again", p.name, controller))
}

// reportState sets the metric of the plugin's state.
func (h *Host) reportState(p *plugin) { h.metrics.Plugin(p.name).SetState(p.status().State) }

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/host"
	"github.com/wasm-controller-manager/wcm/host/metric"
	"github.com/wasm-controller-manager/wcm/host/serve"
)

// readiness lists the checks of /readyz: one for the host, and one for each
// plugin, which always passes. A plugin that does not do well is no reason to
// send requests elsewhere, but should be seen.
func readiness(h *host.Host) []serve.Check {
	checks := []serve.Check{serve.NewCheck("plugins", func(*http.Request) error { return h.Ready() })}
	for _, p := range h.Status() {
		checks = append(checks, pluginCheck{p})
	}
	return checks
}

// pluginCheck is what /readyz says of one plugin.
type pluginCheck struct{ plugin host.PluginStatus }

// Name returns "plugins/" and the plugin's name.
func (c pluginCheck) Name() string { return "plugins/" + c.plugin.Name }

// Check returns nil.
func (c pluginCheck) Check(*http.Request) error { return nil }

// Remark names the plugin's state if it is not running as its files say.
func (c pluginCheck) Remark() string {
	if c.plugin.State == metric.PluginRunning {
		return ""
	}
	return strings.ReplaceAll(string(c.plugin.State), "_", " ")
}

// writeStatus writes a page for people: what runs, and what does not, and why.
func writeStatus(w io.Writer, plugins []host.PluginStatus) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n\nplugins:\n", name, version)
	for _, p := range plugins {
		fmt.Fprintf(&b, "  %s %s %s\n", p.Name, p.Version, p.Digest)
		if len(p.Controllers) > 0 {
			fmt.Fprintf(&b, "    controllers: %s\n", strings.Join(p.Controllers, ", "))
		}
		if p.Idle {
			fmt.Fprintf(&b, "    idle: its code is not in memory\n")
		}
		if p.Failure != nil {
			fmt.Fprintf(&b, "    newest files do not run: %v\n", p.Failure)
		}
		if p.Problem != nil {
			fmt.Fprintf(&b, "    waits: %v\n", p.Problem)
		}
		for _, q := range p.Quarantines {
			fmt.Fprintf(&b, "    quarantine: controller %s until %s: %s, the last one with: %v\n",
				q.Controller, q.Until.UTC().Format(time.RFC3339), q.Because, q.Trap)
		}
	}
	_, _ = io.WriteString(w, b.String()) // a reader that left needs no answer
}

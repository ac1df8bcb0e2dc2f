// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// TestPluginUnderItsOwnName gives a plugin a ServiceAccount with what the
// command rbac prints for it and no more.
func TestPluginUnderItsOwnName(t *testing.T) {
	plane := controlplane.Shared(t)
	c := newCluster(t, plane)
	folder := pluginFolder(t, "plugins/replicationcontroller")
	file := filepath.Join(folder, "replicationcontroller-controller.wasm")
	objects, err := exec.CommandContext(t.Context(), name, "rbac", "--namespace", c.namespace, file).Output()
	if err != nil {
		t.Fatal(err)
	}
	create(t, plane, string(objects))
	p := launch(t, plane.Kubeconfig(), folder, append(electionFlags(c.namespace),
		"--use-service-account-credentials", "--service-account-namespace", c.namespace)...)
	c.create("web", 3)
	c.converges()
	series := p.series()
	if got := series[`wcm_token_requests_total{plugin="replicationcontroller-controller",result="success"}`]; got != "1" {
		t.Errorf("requests for tokens: got %q, want 1", got)
	}
	for name, value := range series {
		if strings.Contains(name, `status="forbidden"`) {
			t.Errorf("%s = %s, want that nothing is forbidden", name, value)
		}
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package stage gives tests of controllers a real API server and a host that
// runs them as wasm, each with the grants of its own file.
package stage

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/wasm-controller-manager/wcm/host"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
	"github.com/wasm-controller-manager/wcm/host/metric"
	"github.com/wasm-controller-manager/wcm/host/sign"
)

// Options say what runs in a [Stage].
type Options struct {
	// Controllers are folders of plugins, "scheduler" for example, with what is
	// appended to the operator's file of each: its settings, as a rule.
	Controllers map[string]string
	// Modules are folders of further modules, "examples/hollow-kubelet" for
	// example.
	Modules []string
	// Keys sign for the controllers.
	Keys []sign.Source
}

// Stage is an API server with a host, which stops with the test.
type Stage struct {
	kubernetes.Interface
	Plane     *controlplane.Plane
	Namespace string // of this test
}

// alwaysLeader leads from the first moment to the last.
type alwaysLeader struct{}

func (alwaysLeader) Run(ctx context.Context, lead func(context.Context) error) error {
	return lead(ctx)
}

// Start returns a stage when its controllers are ready. The API server is that
// of [controlplane.Shared].
func Start(t testing.TB, o Options) *Stage {
	t.Helper()
	plane := controlplane.Shared(t)
	keys, err := sign.Load(o.Keys)
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	config := plane.RESTConfig()
	config.QPS, config.Burst = 1000, 2000
	h, err := host.New(host.Options{
		Config: config, PluginDir: folder(t, o), Leadership: alwaysLeader{}, SigningKeys: keys,
		LeaseNamespace: metav1.NamespaceSystem, LeaseName: "wasm-controller-manager",
		Registerer: registry, Metrics: metric.New(registry),
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, h)
	hosttest.Eventually(t, func() string { // modules compile for seconds
		if err := h.Ready(); err != nil {
			return err.Error()
		}
		return ""
	})
	return &Stage{Interface: kubernetes.NewForConfigOrDie(config), Plane: plane, Namespace: plane.NamespaceFor(t)}
}

// run runs the host until the test ends.
func run(t testing.TB, h *host.Host) {
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }() // ends by stop; the cleanup waits
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Host.Run: %v", err)
		}
	})
}

// folder returns a plugin directory with the controllers and modules.
func folder(t testing.TB, o Options) string {
	t.Helper()
	folder := t.TempDir()
	for _, source := range o.Modules {
		hosttest.BuildPlugin(t, source, filepath.Join(folder, filepath.Base(source)+".wasm"))
	}
	for source, rest := range o.Controllers {
		name := filepath.Join(folder, hosttest.PlaceController(t, source, folder)+".yaml")
		manifest, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(name, append(manifest, "\n"+rest...), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

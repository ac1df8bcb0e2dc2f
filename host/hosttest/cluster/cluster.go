// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package cluster is a real API server with a host that runs controllers of
// ours and the hollow kubelet as wasm modules, for the scenario tests of the
// controllers.
package cluster

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/wasm-controller-manager/wcm/host"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/metric"
)

// Cluster is a cluster as one test sees it.
type Cluster struct {
	kubernetes.Interface
	Plane     *controlplane.Plane
	Namespace string // of the test alone
}

// Start starts a host with the controllers, named by their folders in plugins,
// and returns when they run. The test stops it. It skips the test where there
// is no control plane to be had.
func Start(t *testing.T, controllers ...string) *Cluster {
	t.Helper()
	plane := controlplane.Shared(t)
	folder := t.TempDir()
	for _, controller := range controllers {
		hosttest.PlaceController(t, controller, folder)
	}
	hosttest.BuildPlugin(t, "examples/hollow-kubelet", filepath.Join(folder, "hollow-kubelet.wasm"))
	logger, registry := slog.New(slog.NewTextHandler(t.Output(), nil)), prometheus.NewRegistry()
	config := plane.RESTConfig()
	config.QPS, config.Burst = 1000, 2000
	config = kube.WarnOnce(config, logger) // the test's own client, too
	h, err := host.New(host.Options{
		Config: config, PluginDir: folder, Leadership: alwaysLeader{},
		LeaseNamespace: metav1.NamespaceSystem, LeaseName: "wasm-controller-manager",
		Registerer: registry, Metrics: metric.New(registry),
		Logger: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, h)
	return &Cluster{kubernetes.NewForConfigOrDie(config), plane, plane.NamespaceFor(t)}
}

// run runs the host until the test ends, and waits until it is ready.
func run(t *testing.T, h *host.Host) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }() // ends by stop; the cleanup waits
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Host.Run: %v", err)
		}
	})
	hosttest.Eventually(t, func() string { // modules compile for seconds
		if err := h.Ready(); err != nil {
			return err.Error()
		}
		return ""
	})
}

// alwaysLeader leads from the first moment to the last.
type alwaysLeader struct{}

func (alwaysLeader) Run(ctx context.Context, lead func(context.Context) error) error {
	return lead(ctx)
}

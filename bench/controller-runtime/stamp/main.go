// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command stamp is the controller of bench/guests/stamp as a program of its own, as
// kubebuilder lays one out: it writes its version into every ConfigMap that has
// the label "stamp".
package main

import (
	"context"
	"flag"
	"log/slog"
	"os"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// stamper reconciles ConfigMaps.
type stamper struct {
	client.Client
	version string
}

// Reconcile writes the version if it is not there.
func (s *stamper) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var cm corev1.ConfigMap
	if err := s.Get(ctx, req.NamespacedName, &cm); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if _, ours := cm.Labels["stamp"]; !ours || cm.Data["version"] == s.version {
		return ctrl.Result{}, nil
	}
	before := cm.DeepCopy()
	if cm.Data == nil {
		cm.Data = map[string]string{}
	}
	cm.Data["version"] = s.version
	return ctrl.Result{}, s.Patch(ctx, &cm, client.MergeFrom(before))
}

func main() {
	version := flag.String("version", "", "what to write")
	elect := flag.Bool("leader-elect", false, "whether to elect a leader, and to release the lease at the end")
	flag.Parse() // controller-runtime has --kubeconfig
	ctrl.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, nil)))
	if err := run(*version, *elect); err != nil {
		slog.Error("The manager has failed", "error", err)
		os.Exit(1)
	}
}

func run(version string, elect bool) error {
	config := ctrl.GetConfigOrDie()
	config.QPS, config.Burst = 2000, 4000
	types := runtime.NewScheme()
	if err := scheme.AddToScheme(types); err != nil {
		return err
	}
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                  types,
		Metrics:                 server.Options{BindAddress: "127.0.0.1:0"},
		HealthProbeBindAddress:  "127.0.0.1:0",
		LeaderElection:          elect,
		LeaderElectionID:        "stamp",
		LeaderElectionNamespace: "kube-system",
		// The process ends as soon as the manager does.
		LeaderElectionReleaseOnCancel: true,
	})
	if err != nil {
		return err
	}
	err = ctrl.NewControllerManagedBy(manager).For(&corev1.ConfigMap{}).Named("stamp").
		WithOptions(controller.Options{MaxConcurrentReconciles: 4}).
		Complete(&stamper{manager.GetClient(), version})
	if err != nil {
		return err
	}
	if err := manager.AddHealthzCheck("healthz", healthz.Ping); err != nil {
		return err
	}
	if err := manager.AddReadyzCheck("readyz", healthz.Ping); err != nil {
		return err
	}
	return manager.Start(ctrl.SetupSignalHandler())
}

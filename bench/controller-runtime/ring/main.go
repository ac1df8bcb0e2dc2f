// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command ring is one operator of the nonce ring as an ordinary process: a
// manager of controller-runtime, set up as kubebuilder does it, that watches one
// namespace and copies the nonce of an object there to the object of the same
// name in the next namespace. bench/guests/ring is the same as a plugin.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

func main() {
	namespace := flag.String("namespace", "", "namespace of the object that is watched")
	next := flag.String("next", "", "namespace that the nonce is copied to")
	qps := flag.Float64("kube-api-qps", 20, "requests per second")
	burst := flag.Int("kube-api-burst", 30, "burst of requests")
	flag.Parse() // controller-runtime has the flag for the kubeconfig
	if err := run(*namespace, *next, float32(*qps), *burst); err != nil {
		fmt.Fprintln(os.Stderr, "ring:", err)
		os.Exit(1)
	}
}

func run(namespace, next string, qps float32, burst int) error {
	ctrl.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, nil)))
	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	config.QPS, config.Burst = qps, burst
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return err
	}
	addToScheme(scheme)
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                 scheme,
		Cache:                  cache.Options{DefaultNamespaces: map[string]cache.Config{namespace: {}}},
		Metrics:                metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress: "127.0.0.1:0",
	})
	if err != nil {
		return err
	}
	err = ctrl.NewControllerManagedBy(manager).For(&Ring{}).Named("ring").Complete(&reconciler{manager.GetClient(), next})
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

type reconciler struct {
	client.Client
	next string
}

// Reconcile copies the nonce on.
func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	ring := &Ring{}
	if err := r.Get(ctx, request.NamespacedName, ring); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	nonce, err := json.Marshal(map[string]any{"spec": map[string]string{"nonce": ring.Spec.Nonce}})
	if err != nil {
		return ctrl.Result{}, err
	}
	next := &Ring{}
	next.Namespace, next.Name = r.next, ring.Name
	return ctrl.Result{}, r.Patch(ctx, next, client.RawPatch(types.MergePatchType, nonce))
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command tracker is the plugin of that name as a program: it looks at each pod
// that changes, and at the ReplicaSet of the pod. It is as controller-runtime's
// documentation would have it; with -lean as somebody who knows what it costs:
// metadata only, without what nobody reads, and woken by labels alone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"

	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/manager/signals"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

func main() {
	log.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, nil)))
	if err := run(signals.SetupSignalHandler()); err != nil {
		fmt.Fprintln(os.Stderr, "tracker:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	kubeconfig := flag.String("kubeconfig", "", "of the API server")
	metrics := flag.String("metrics", "127.0.0.1:0", "address of the metrics")
	lean := flag.Bool("lean", false, "cache the metadata only, and wake for labels only")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	options := manager.Options{Scheme: scheme.Scheme, Metrics: server.Options{BindAddress: *metrics}}
	if *lean {
		options.Cache = cache.Options{DefaultTransform: strip}
	}
	m, err := manager.New(config, options)
	if err != nil {
		return err
	}
	t := &tracker{Client: m.GetClient(), new: typed}
	var watch []builder.ForOption
	if *lean {
		t.new = metadata
		watch = []builder.ForOption{builder.OnlyMetadata, builder.WithPredicates(predicate.LabelChangedPredicate{})}
	}
	if err := builder.ControllerManagedBy(m).For(&corev1.Pod{}, watch...).Complete(t); err != nil {
		return err
	}
	return m.Start(ctx)
}

// strip leaves out of the cache what is large and not read.
func strip(object any) (any, error) {
	if o, ok := object.(metav1.Object); ok {
		o.SetManagedFields(nil)
		o.SetAnnotations(nil)
	}
	return object, nil
}

func typed() (pod, owner client.Object) { return &corev1.Pod{}, &appsv1.ReplicaSet{} }

func metadata() (pod, owner client.Object) {
	p, o := &metav1.PartialObjectMetadata{}, &metav1.PartialObjectMetadata{}
	p.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
	o.SetGroupVersionKind(appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))
	return p, o
}

type tracker struct {
	client.Client
	new func() (pod, owner client.Object)
}

var errOtherApp = errors.New("a pod has another app than its owner")

// Reconcile looks at a pod and its owner.
func (t *tracker) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	pod, owner := t.new()
	if err := t.Get(ctx, request.NamespacedName, pod); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	reference := metav1.GetControllerOf(pod)
	if reference == nil {
		return reconcile.Result{}, nil
	}
	if err := t.Get(ctx, client.ObjectKey{Namespace: pod.GetNamespace(), Name: reference.Name}, owner); err != nil {
		return reconcile.Result{}, err
	}
	if owner.GetLabels()["app"] != pod.GetLabels()["app"] {
		return reconcile.Result{}, reconcile.TerminalError(errOtherApp)
	}
	return reconcile.Result{}, nil
}

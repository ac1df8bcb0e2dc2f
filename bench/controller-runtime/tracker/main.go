// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command tracker is the plugin of that name as a program: it looks at each pod
// that changes, and at the ReplicaSet of the pod. Without flags it is as
// controller-runtime's documentation would have it. With flags it is as somebody
// would write it who knows what that costs: -cache=metadata -strip -labels.
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
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
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
	form := flag.String("cache", "typed", "what is in the cache: typed or unstructured objects, or metadata")
	stripped := flag.Bool("strip", false, "leave out of the cache what is large and not read")
	labels := flag.Bool("labels", false, "wake for changes of labels only")
	owners := flag.Bool("owners", true, "look at the owners of pods")
	flag.Parse()
	newObjects, known := forms[*form]
	if !known {
		return fmt.Errorf("-cache=%s: want typed, unstructured or metadata", *form)
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	options := manager.Options{Scheme: scheme.Scheme, Metrics: server.Options{BindAddress: *metrics}}
	options.Client.Cache = &client.CacheOptions{Unstructured: true}
	if *stripped {
		options.Cache = cache.Options{DefaultTransform: strip}
	}
	m, err := manager.New(config, options)
	if err != nil {
		return err
	}
	var predicates []predicate.Predicate
	if *labels {
		predicates = append(predicates, predicate.LabelChangedPredicate{})
	}
	pod, _ := newObjects()
	t := &tracker{Client: m.GetClient(), newObjects: newObjects, owners: *owners}
	if err := builder.ControllerManagedBy(m).Named("tracker").For(pod, builder.WithPredicates(predicates...)).Complete(t); err != nil {
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

// forms are what the cache can have, each with empty objects to read into.
var forms = map[string]func() (pod, owner client.Object){
	"typed": func() (pod, owner client.Object) { return &corev1.Pod{}, &appsv1.ReplicaSet{} },
	"unstructured": func() (pod, owner client.Object) {
		return ofKinds(&unstructured.Unstructured{}, &unstructured.Unstructured{})
	},
	"metadata": func() (pod, owner client.Object) {
		return ofKinds(&metav1.PartialObjectMetadata{}, &metav1.PartialObjectMetadata{})
	},
}

func ofKinds(pod, owner client.Object) (client.Object, client.Object) {
	pod.GetObjectKind().SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
	owner.GetObjectKind().SetGroupVersionKind(appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))
	return pod, owner
}

type tracker struct {
	client.Client
	newObjects func() (pod, owner client.Object)
	owners     bool // whether to look at them
}

var errOtherApp = errors.New("a pod has another app than its owner")

// Reconcile looks at a pod and its owner.
func (t *tracker) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	pod, owner := t.newObjects()
	if err := t.Get(ctx, request.NamespacedName, pod); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	reference := metav1.GetControllerOf(pod)
	if reference == nil || !t.owners {
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

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/bench/benchtest"
)

// population is the pods of benchtest on a real API server, with their
// ReplicaSets, which want no others. They are on no node, so nothing evicts them.
type population struct {
	client *kubernetes.Clientset
	size   int
	states []state     // of each pod
	owners []types.UID // of each ReplicaSet
	turns  int64       // updates so far, those at the creation not counted
}

// state is what has been changed of a pod.
type state struct{ label, annotation, probe int64 }

// newPopulation returns one of so many pods that are still to be created.
func newPopulation(config *rest.Config, size int) (*population, error) {
	config = rest.CopyConfig(config)
	config.ContentType, config.QPS = runtime.ContentTypeProtobuf, -1
	client, err := kubernetes.NewForConfig(config)
	owners := (size + benchtest.PodsPerOwner - 1) / benchtest.PodsPerOwner
	return &population{client: client, size: size, states: make([]state, size), owners: make([]types.UID, owners)}, err
}

// create creates all objects, in the states of a cluster that is at rest.
func (p *population) create(ctx context.Context) error {
	namespaces := map[string]bool{}
	for i := range p.owners {
		space, _ := benchtest.Key(i * benchtest.PodsPerOwner)
		if namespaces[space] {
			continue
		}
		namespaces[space] = true
		object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: space}}
		if _, err := p.client.CoreV1().Namespaces().Create(ctx, object, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	if err := each(len(p.owners), func(i int) error { return p.createOwner(ctx, i) }); err != nil {
		return err
	}
	return each(p.size, func(i int) error {
		if _, err := p.client.CoreV1().Pods(p.pod(i).Namespace).Create(ctx, p.pod(i), metav1.CreateOptions{}); err != nil {
			return err
		}
		return p.update(ctx, i)
	})
}

func (p *population) createOwner(ctx context.Context, i int) error {
	pod := benchtest.Pod(i * benchtest.PodsPerOwner)
	replicas := int32(min(benchtest.PodsPerOwner, p.size-i*benchtest.PodsPerOwner))
	set := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.OwnerReferences[0].Name, Labels: pod.Labels},
		Spec: appsv1.ReplicaSetSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: pod.Labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: pod.Labels}, Spec: pod.Spec},
		},
	}
	set.Spec.Template.Spec.NodeName = ""
	created, err := p.client.AppsV1().ReplicaSets(pod.Namespace).Create(ctx, set, metav1.CreateOptions{})
	if err == nil {
		p.owners[i] = created.UID
	}
	return err
}

// pod returns a pod as it should be now.
func (p *population) pod(i int) *corev1.Pod {
	pod := benchtest.Pod(i)
	pod.UID, pod.ResourceVersion, pod.ManagedFields = "", "", nil // the server's
	pod.Spec.NodeName = ""
	pod.OwnerReferences[0].UID = p.owners[i/benchtest.PodsPerOwner]
	s := p.states[i]
	pod.Labels["example.com/track"] = strconv.FormatInt(s.label, 36)
	pod.Annotations["example.com/seen"] = strconv.FormatInt(s.annotation, 36)
	benchtest.Heartbeat(pod, metav1.Unix(1_800_000_000+s.probe, 0))
	return pod
}

// update writes the state of a pod.
func (p *population) update(ctx context.Context, i int) error {
	pod := p.pod(i)
	_, err := p.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, pod, metav1.UpdateOptions{})
	return err
}

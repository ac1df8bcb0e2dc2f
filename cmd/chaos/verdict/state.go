// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/cmd/chaos/load"
)

// State is what is in the namespaces of the load, and the nodes.
type State struct {
	Nodes []corev1.Node

	// All has the metadata of everything but events, of whatever resource.
	All []Item

	Namespaces             []corev1.Namespace
	Pods                   []corev1.Pod
	Deployments            []appsv1.Deployment
	ReplicaSets            []appsv1.ReplicaSet
	ReplicationControllers []corev1.ReplicationController
	Services               []corev1.Service
	Endpoints              []corev1.Endpoints //nolint:staticcheck // deprecated, and still written
	Slices                 []discoveryv1.EndpointSlice
	Quotas                 []corev1.ResourceQuota
}

// Item is an object of any resource.
type Item struct {
	Resource string // "replicasets"
	metav1.ObjectMeta
}

// Reader reads the state of a cluster.
type Reader struct {
	client   kubernetes.Interface
	metadata metadata.Interface
}

// NewReader returns a Reader.
func NewReader(config *rest.Config) (*Reader, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	m, err := metadata.NewForConfig(config)
	return &Reader{client, m}, err
}

// Read reads everything once. What changes meanwhile may be seen half.
func (r *Reader) Read(ctx context.Context) (*State, error) {
	s := &State{}
	if err := r.readAll(ctx, s); err != nil {
		return nil, err
	}
	all := metav1.ListOptions{}
	nodes, err := r.client.CoreV1().Nodes().List(ctx, all)
	if err != nil {
		return nil, err
	}
	s.Nodes = nodes.Items
	for _, read := range []func() error{
		func() error {
			list, err := r.client.CoreV1().Namespaces().List(ctx, all)
			return keep(&s.Namespaces, list.Items, err, func(o *corev1.Namespace) string { return o.Name })
		},
		func() error {
			list, err := r.client.CoreV1().Pods("").List(ctx, all)
			return keep(&s.Pods, list.Items, err, func(o *corev1.Pod) string { return o.Namespace })
		},
		func() error {
			list, err := r.client.AppsV1().Deployments("").List(ctx, all)
			return keep(&s.Deployments, list.Items, err, func(o *appsv1.Deployment) string { return o.Namespace })
		},
		func() error {
			list, err := r.client.AppsV1().ReplicaSets("").List(ctx, all)
			return keep(&s.ReplicaSets, list.Items, err, func(o *appsv1.ReplicaSet) string { return o.Namespace })
		},
		func() error {
			list, err := r.client.CoreV1().ReplicationControllers("").List(ctx, all)
			return keep(&s.ReplicationControllers, list.Items, err, func(o *corev1.ReplicationController) string { return o.Namespace })
		},
		func() error {
			list, err := r.client.CoreV1().Services("").List(ctx, all)
			return keep(&s.Services, list.Items, err, func(o *corev1.Service) string { return o.Namespace })
		},
		func() error {
			list, err := r.client.CoreV1().Endpoints("").List(ctx, all)
			return keep(&s.Endpoints, list.Items, err, func(o *corev1.Endpoints) string { return o.Namespace }) //nolint:staticcheck // as above
		},
		func() error {
			list, err := r.client.DiscoveryV1().EndpointSlices("").List(ctx, all)
			return keep(&s.Slices, list.Items, err, func(o *discoveryv1.EndpointSlice) string { return o.Namespace })
		},
		func() error {
			list, err := r.client.CoreV1().ResourceQuotas("").List(ctx, all)
			return keep(&s.Quotas, list.Items, err, func(o *corev1.ResourceQuota) string { return o.Namespace })
		},
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// keep keeps what is in a namespace of the load.
func keep[T any](kept *[]T, listed []T, err error, namespace func(*T) string) error {
	*kept = slices.DeleteFunc(listed, func(o T) bool { return !strings.HasPrefix(namespace(&o), load.Prefix) })
	return err
}

func (r *Reader) readAll(ctx context.Context, s *State) error {
	lists, err := r.client.Discovery().ServerPreferredNamespacedResources()
	if err != nil {
		return fmt.Errorf("discovery: %w", err)
	}
	resources, err := discovery.GroupVersionResources(discovery.FilteredBy(discovery.SupportsAllVerbs{Verbs: []string{"list", "create"}}, lists))
	if err != nil {
		return err
	}
	for resource := range resources {
		if resource.Resource == "events" {
			continue
		}
		if err := r.readMetadata(ctx, s, resource); err != nil {
			return fmt.Errorf("%s: %w", resource.Resource, err)
		}
	}
	return nil
}

func (r *Reader) readMetadata(ctx context.Context, s *State, resource schema.GroupVersionResource) error {
	list, err := r.metadata.Resource(resource).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range list.Items {
		if o := &list.Items[i]; strings.HasPrefix(o.Namespace, load.Prefix) {
			s.All = append(s.All, Item{resource.Resource, o.ObjectMeta})
		}
	}
	return nil
}

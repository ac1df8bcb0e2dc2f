// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/bench/process"
)

// cluster is what we do ourselves on a control plane while a manager works.
type cluster struct {
	client  *kubernetes.Clientset
	dynamic *dynamic.DynamicClient
}

const namespace = metav1.NamespaceDefault

func newCluster(config *rest.Config) (*cluster, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	objects, err := dynamic.NewForConfig(config)
	return &cluster{client: client, dynamic: objects}, err
}

// fleet returns objects of a workload that are still to be created.
func (c *cluster) fleet(w workload, prefix string, size int) *fleet {
	return &fleet{workload: w, client: c.dynamic.Resource(w.resource).Namespace(namespace), prefix: prefix, size: size}
}

// counted are the resources whose requests the managers of workloads make; the
// API server's own and the leases are left out.
var counted = []string{"pods", "replicationcontrollers", "replicasets", "deployments", "events"}

var requestLine = regexp.MustCompile(`^apiserver_request_total\{(.*)\} (\S+)$`)

// watches returns how many watches the API server serves, its own among them.
func (c *cluster) watches(ctx context.Context) (float64, error) {
	text, err := c.client.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return 0, err
	}
	return process.Metrics(text).Sum("apiserver_longrunning_requests", `verb="WATCH"`)
}

// settled waits until no more requests are made, and returns them.
func (c *cluster) settled(ctx context.Context) (map[string]float64, error) {
	end := time.Now().Add(settleTimeout)
	for before := map[string]float64(nil); ; {
		made, err := c.requests(ctx)
		if err != nil || maps.Equal(made, before) || time.Now().After(end) {
			return made, err
		}
		before = made
		pause(ctx, settle)
	}
}

// eventsArrived returns how many events have been reported, those counted
// together as often as they were.
func (c *cluster) eventsArrived(ctx context.Context) (float64, error) {
	arrived := 0.0
	for options := (metav1.ListOptions{Limit: 500}); ; {
		events, err := c.client.CoreV1().Events(namespace).List(ctx, options)
		if err != nil {
			return 0, err
		}
		for i := range events.Items {
			arrived += float64(events.Items[i].Count)
		}
		if options.Continue = events.Continue; options.Continue == "" {
			return arrived, nil
		}
	}
}

// requests returns how many requests the API server has answered, by resource.
func (c *cluster) requests(ctx context.Context) (map[string]float64, error) {
	text, err := c.client.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, err
	}
	made := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		match := requestLine.FindStringSubmatch(strings.TrimSpace(line))
		if match == nil || strings.Contains(match[1], `verb="WATCH"`) {
			continue
		}
		value, err := strconv.ParseFloat(match[2], 64)
		if err != nil {
			return nil, fmt.Errorf("metrics of the API server: %q: %w", line, err)
		}
		for _, resource := range counted {
			if strings.Contains(match[1], `resource="`+resource+`"`) {
				made[resource] += value
			}
		}
	}
	return made, nil
}

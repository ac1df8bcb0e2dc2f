// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// cluster is what we do ourselves on a control plane while a manager works.
type cluster struct{ client *kubernetes.Clientset }

const namespace = metav1.NamespaceDefault

func newCluster(config *rest.Config) (*cluster, error) {
	client, err := kubernetes.NewForConfig(config)
	return &cluster{client: client}, err
}

// createAndWait creates controllers and waits until the status of each has all
// replicas.
func (c *cluster) createAndWait(ctx context.Context, prefix string, controllers int, replicas int32) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	list, err := c.controllers().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	watcher, err := c.controllers().Watch(ctx, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	if err != nil {
		return err
	}
	defer watcher.Stop()
	created := make(chan error, 1)
	go func() { created <- c.create(ctx, prefix, controllers, replicas) }()
	err = wait(ctx, watcher, controllers, replicas)
	return errors.Join(err, <-created)
}

// create creates controllers, twenty at once.
func (c *cluster) create(ctx context.Context, prefix string, controllers int, replicas int32) error {
	numbers, failures := make(chan int), make(chan error, controllers)
	var creating sync.WaitGroup
	for range 20 {
		creating.Go(func() { // ends with numbers
			for i := range numbers {
				_, err := c.controllers().Create(ctx, controller(fmt.Sprintf("%s-%03d", prefix, i), replicas), metav1.CreateOptions{})
				failures <- err
			}
		})
	}
	for i := range controllers {
		numbers <- i
	}
	close(numbers)
	creating.Wait()
	close(failures)
	var err error
	for failure := range failures {
		err = errors.Join(err, failure)
	}
	return err
}

func (c *cluster) controllers() interface {
	List(ctx context.Context, o metav1.ListOptions) (*corev1.ReplicationControllerList, error)
	Watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error)
	Create(ctx context.Context, rc *corev1.ReplicationController, o metav1.CreateOptions) (*corev1.ReplicationController, error)
} {
	return c.client.CoreV1().ReplicationControllers(namespace)
}

func wait(ctx context.Context, watcher watch.Interface, controllers int, replicas int32) error {
	complete := map[string]bool{}
	for len(complete) < controllers {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d controllers have all replicas: %w", len(complete), controllers, ctx.Err())
		case event, open := <-watcher.ResultChan():
			if !open {
				return errors.New("the watch of the controllers has ended")
			}
			if rc, ok := event.Object.(*corev1.ReplicationController); ok && rc.Status.Replicas == replicas {
				complete[rc.Name] = true
			}
		}
	}
	return nil
}

func controller(name string, replicas int32) *corev1.ReplicationController {
	labels := map[string]string{"app": name}
	return &corev1.ReplicationController{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.ReplicationControllerSpec{Replicas: &replicas, Selector: labels, Template: &corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "nginx", Image: "nginx:1.27"}}},
		}},
	}
}

// counted are the resources whose requests a ReplicationController's manager
// makes; the API server's own and the leases are left out.
var counted = []string{"pods", "replicationcontrollers", "events"}

var requestLine = regexp.MustCompile(`^apiserver_request_total\{(.*)\} (\S+)$`)

// watches returns how many watches the API server serves, its own among them.
func (c *cluster) watches(ctx context.Context) (float64, error) {
	text, err := c.client.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return 0, err
	}
	return metrics(text).sum("apiserver_longrunning_requests", `verb="WATCH"`)
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

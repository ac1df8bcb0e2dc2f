// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

// stampTimeout is when a version is given up that does not write.
const stampTimeout = 2 * time.Minute

// stampBuffer is how many events wait for somebody to read them, without which
// the API server would end the watch: all that there are when objects are made.
const stampBuffer = 2 * manyStamps

// stamps are ConfigMaps into which the version of a controller is written, each
// with the label "stamp", and a watch that tells when.
type stamps struct {
	*cluster
	objects int
	events  <-chan stampEvent
	version int
}

// stampEvent says that a version was written to an object.
type stampEvent struct {
	version, object string
	at              time.Time
}

// watchStamps begins to watch; the watch ends with ctx.
func (c *cluster) watchStamps(ctx context.Context) (*stamps, error) {
	objects := c.client.CoreV1().ConfigMaps(namespace)
	labelled := metav1.ListOptions{LabelSelector: "stamp"}
	list, err := objects.List(ctx, labelled)
	if err != nil {
		return nil, err
	}
	// The API server ends watches that are slow, as on a machine that is busy.
	watcher, err := watchtools.NewRetryWatcherWithContext(ctx, list.ResourceVersion, &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.LabelSelector = labelled.LabelSelector
			return objects.Watch(ctx, o)
		},
	})
	if err != nil {
		return nil, err
	}
	events := make(chan stampEvent, stampBuffer)
	go func() { // ends with the watch, or with ctx
		defer close(events)
		for event := range watcher.ResultChan() {
			object, ok := event.Object.(*corev1.ConfigMap)
			if !ok {
				continue
			}
			select {
			case events <- stampEvent{object.Data["version"], object.Name, time.Now()}:
			case <-ctx.Done():
				watcher.Stop()
				return
			}
		}
	}()
	return &stamps{cluster: c, events: events}, nil
}

// grow creates objects until there are so many.
func (s *stamps) grow(ctx context.Context, objects int) error {
	first := s.objects
	s.objects = objects
	return each(objects-first, func(i int) error {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("object-%04d", first+i), Labels: map[string]string{"stamp": ""},
		}}
		_, err := s.client.CoreV1().ConfigMaps(namespace).Create(ctx, object, metav1.CreateOptions{})
		return err
	})
}

// next returns a version that never was.
func (s *stamps) next() int {
	s.version++
	return s.version
}

// written waits until a version stands in all objects, and returns when it was
// seen first and last.
func (s *stamps) written(ctx context.Context, number int) (first, last time.Time, err error) {
	version := versionText(number)
	timeout := time.NewTimer(stampTimeout)
	defer timeout.Stop()
	stamped := map[string]bool{}
	for len(stamped) < s.objects {
		select {
		case event, open := <-s.events:
			if !open {
				return first, last, fmt.Errorf("the watch of the objects has ended, before %q stands in all", version)
			}
			if event.version != version {
				continue
			}
			if last = event.at; first.IsZero() {
				first = last
			}
			stamped[event.object] = true
		case <-timeout.C:
			return first, last, fmt.Errorf("%q stands in %d of %d objects after %v", version, len(stamped), s.objects, stampTimeout)
		}
	}
	return first, last, nil
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"strconv"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Events records Event objects through client-go's broadcaster, which
// aggregates repeated events, limits the rate per object, and never blocks a
// reconcile: events that it cannot deliver are dropped. Safe for concurrent use.
type Events struct {
	sink record.EventSink

	mu sync.Mutex
	// broadcaster has queues of 60 KB, so there is none before the first event: of a
	// thousand plugins few have something to say. Guarded by mu.
	broadcaster record.EventBroadcaster
	delivery    watch.Interface // of what the broadcaster has; guarded by mu
	closed      bool            // guarded by mu
}

// Events returns a recorder of events whose requests take from the limiter;
// nil: there is no limit. The caller closes it.
func (l *Link) Events(limiter flowcontrol.RateLimiter) (*Events, error) {
	s, err := l.sender(limiter, acceptProtobuf)
	if err != nil {
		return nil, err
	}
	return &Events{sink: sink{s}}, nil
}

// begin returns the broadcaster, nil after Close.
func (e *Events) begin() record.EventBroadcaster {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.broadcaster == nil && !e.closed {
		e.broadcaster = record.NewBroadcaster()
		e.delivery = e.broadcaster.StartRecordingToSink(e.sink)
	}
	return e.broadcaster
}

// Close gives up what is recorded and not delivered yet, and what comes later.
func (e *Events) Close() {
	e.mu.Lock()
	broadcaster, delivery := e.broadcaster, e.delivery
	e.broadcaster, e.closed = nil, true
	e.mu.Unlock()
	if broadcaster != nil {
		delivery.Stop()
		broadcaster.Shutdown()
	}
}

// Record records an event about an object of the target. An event about a
// cluster-scoped object goes to the namespace default, as upstream's does.
func (e *Events) Record(t Target, event *abi.Event) {
	broadcaster := e.begin()
	if broadcaster == nil {
		return
	}
	apiVersion := t.Version
	if t.Group != "" {
		apiVersion = t.Group + "/" + t.Version
	}
	reference := &corev1.ObjectReference{
		APIVersion: apiVersion, Kind: t.Kind,
		Namespace: event.Namespace, Name: event.Name, UID: types.UID(event.UID),
	}
	if event.Version != 0 {
		reference.ResourceVersion = strconv.FormatUint(event.Version, 10)
	}
	kind := corev1.EventTypeNormal
	if event.Warning {
		kind = corev1.EventTypeWarning
	}
	// A recorder is made anew each time: sources come from guests, of any number.
	recorder := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: event.Source})
	recorder.Event(reference, kind, event.Reason, event.Message)
}

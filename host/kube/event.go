// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"errors"
	"strconv"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/fence"
)

// Events records Event objects through client-go's broadcaster, which
// aggregates repeated events, limits the rate per object, and never blocks a
// reconcile: events that it cannot deliver are dropped. Safe for concurrent use.
type Events struct {
	client typedcorev1.CoreV1Interface

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
	client, err := l.Core(limiter)
	if err != nil {
		return nil, err
	}
	return &Events{client: client}, nil
}

// begin returns the broadcaster, nil after Close.
func (e *Events) begin() record.EventBroadcaster {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.broadcaster == nil && !e.closed {
		e.broadcaster = record.NewBroadcaster()
		e.delivery = e.broadcaster.StartRecordingToSink(sink{&typedcorev1.EventSinkImpl{Interface: e.client.Events("")}})
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

// sink gives up the events of a process that no longer leads, which client-go
// would try to write for two minutes. Whoever leads has more to say.
type sink struct{ record.EventSink }

// Create writes an event.
func (s sink) Create(event *corev1.Event) (*corev1.Event, error) {
	written, err := s.EventSink.Create(event)
	if errors.Is(err, fence.ErrNotLeader) {
		return event, nil
	}
	return written, err
}

// Patch counts an event once more.
func (s sink) Patch(event *corev1.Event, patch []byte) (*corev1.Event, error) {
	written, err := s.EventSink.Patch(event, patch)
	if errors.Is(err, fence.ErrNotLeader) {
		return event, nil
	}
	return written, err
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

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"errors"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
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
	broadcaster record.EventBroadcaster
	client      typedcorev1.CoreV1Interface
}

// Events returns a recorder of events whose requests take from the limiter;
// nil: there is no limit. It does no I/O before [Events.Run].
func (l *Link) Events(limiter flowcontrol.RateLimiter) (*Events, error) {
	client, err := l.Core(limiter)
	if err != nil {
		return nil, err
	}
	return &Events{broadcaster: record.NewBroadcaster(), client: client}, nil
}

// Run delivers events until ctx is done, then those already recorded are
// given up. Events recorded before Run wait for it.
func (e *Events) Run(ctx context.Context) {
	watcher := e.broadcaster.StartRecordingToSink(sink{&typedcorev1.EventSinkImpl{Interface: e.client.Events("")}})
	<-ctx.Done()
	watcher.Stop()
	e.broadcaster.Shutdown()
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
	recorder := e.broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: event.Source})
	recorder.Event(reference, kind, event.Reason, event.Message)
}

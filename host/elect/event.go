// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package elect

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// eventTimeout limits how long an Event may hold up the end of Run.
const eventTimeout = 3 * time.Second

// events writes the few Events about a Lease, each in the background and once:
// there is nothing to aggregate, and an Event is not worth a second try.
type events struct {
	client   corev1client.EventsGetter
	identity string
	log      *slog.Logger
	pending  sync.WaitGroup
}

// Eventf writes an Event about a Lease.
func (e *events) Eventf(object runtime.Object, eventType, reason, message string, args ...any) {
	lease, ok := object.(*coordinationv1.Lease)
	if !ok || e.client == nil {
		return
	}
	event := newEvent(lease, e.identity)
	event.Type, event.Reason, event.Message = eventType, reason, fmt.Sprintf(message, args...)
	e.pending.Go(func() { // ends within eventTimeout; Run waits
		ctx, cancel := context.WithTimeout(context.Background(), eventTimeout)
		defer cancel()
		if _, err := e.client.Events(event.Namespace).Create(ctx, event, metav1.CreateOptions{}); err != nil {
			e.log.Warn("Event not written", "reason", reason, "error", err)
		}
	})
}

func newEvent(lease *coordinationv1.Lease, identity string) *corev1.Event {
	now := metav1.Now()
	return &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{
			Name:      fmt.Sprintf("%s.%x", lease.Name, now.UnixNano()),
			Namespace: lease.Namespace,
		},
		InvolvedObject: corev1.ObjectReference{
			Kind:            "Lease",
			APIVersion:      coordinationv1.SchemeGroupVersion.String(),
			Namespace:       lease.Namespace,
			Name:            lease.Name,
			UID:             lease.UID,
			ResourceVersion: lease.ResourceVersion,
		},
		Source:         corev1.EventSource{Component: component, Host: identity},
		FirstTimestamp: now,
		LastTimestamp:  now,
		Count:          1,
	}
}

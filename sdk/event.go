// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"

	"github.com/wasm-controller-manager/wcm/abi"
)

// EventType is the type of a Kubernetes event.
type EventType bool

// The types of event.
const (
	Normal  EventType = false
	Warning EventType = true
)

// Event reports something about an object of the resource to people, as
// kubectl describe shows it. The reason is a word in upper camel case,
// "SuccessfulCreate". Repetitions are counted instead of stored, as
// Kubernetes' own controllers do. An event that cannot be recorded is dropped.
func (r *Resource[T]) Event(ctx context.Context, object Object, kind EventType, reason, message string) {
	h := object.header()
	m := abi.Event{
		Resource: r.index, Namespace: h.Namespace, Name: h.Name, UID: h.UID, Version: h.ResourceVersion,
		Warning: bool(kind), Reason: reason, Message: message, Source: module.source, Target: r.target,
	}
	in := instanceFrom(ctx)
	in.perform(ctx, &m, in.event)
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/wasm-controller-manager/wcm/host/fence"
)

// sink writes events for client-go's broadcaster. It gives up those of a process
// that no longer leads, which client-go would try to write for two minutes:
// whoever leads has more to say. Answers are not read: an Event becomes what was
// sent, and client-go needs no more to count it.
type sink struct{ *sender }

var (
	eventTarget = Target{Version: "v1", Resource: "events", Kind: "Event"}
	// As kube-controller-manager: an Event costs half as much as with JSON.
	eventEncoder = protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)
)

// Create writes an event.
func (s sink) Create(event *corev1.Event) (*corev1.Event, error) {
	typed := *event
	typed.TypeMeta = metav1.TypeMeta{APIVersion: eventTarget.Version, Kind: eventTarget.Kind}
	var body bytes.Buffer
	if err := eventEncoder.Encode(&typed, &body); err != nil {
		return nil, fmt.Errorf("encode an event: %w", err)
	}
	return s.write(event, &draft{
		method: http.MethodPost, path: eventTarget.path(event.Namespace, "", ""),
		contentType: runtime.ContentTypeProtobuf, body: body.Bytes(),
	})
}

// Patch counts an event once more.
func (s sink) Patch(event *corev1.Event, patch []byte) (*corev1.Event, error) {
	return s.write(event, &draft{
		method: http.MethodPatch, path: eventTarget.path(event.Namespace, event.Name, ""),
		contentType: string(types.StrategicMergePatchType), body: patch,
	})
}

// Update is never called: client-go's broadcaster patches.
func (s sink) Update(*corev1.Event) (*corev1.Event, error) {
	return nil, errors.New("an event is not updated but patched")
}

func (s sink) write(event *corev1.Event, d *draft) (*corev1.Event, error) {
	_, err := s.send(context.Background(), d) // which Events.Close does not end
	if err != nil && !errors.Is(err, fence.ErrNotLeader) {
		return nil, err
	}
	return event, nil
}

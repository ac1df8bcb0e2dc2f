// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package benchtest

import (
	"bytes"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
)

// encoding writes watch events as an API server does.
type encoding interface {
	mediaType() string
	streamType() string
	frame(kind watch.EventType, object runtime.Object) []byte
}

type jsonEncoding struct{}

func (jsonEncoding) mediaType() string  { return "application/json" }
func (jsonEncoding) streamType() string { return "application/json" }

func (jsonEncoding) frame(kind watch.EventType, object runtime.Object) []byte {
	text, err := json.Marshal(object)
	if err != nil {
		panic(err) // a pod of ours is always valid
	}
	return fmt.Appendf(nil, "{\"type\":%q,\"object\":%s}\n", kind, text)
}

type protobufEncoding struct{}

func (protobufEncoding) mediaType() string { return runtime.ContentTypeProtobuf }
func (protobufEncoding) streamType() string {
	return runtime.ContentTypeProtobuf + ";stream=watch"
}

func (protobufEncoding) frame(kind watch.EventType, object runtime.Object) []byte {
	raw := encode(protobuf.NewSerializer(scheme.Scheme, scheme.Scheme), object)
	event := &metav1.WatchEvent{Type: string(kind), Object: runtime.RawExtension{Raw: raw}}
	var framed bytes.Buffer
	message := encode(protobuf.NewRawSerializer(scheme.Scheme, scheme.Scheme), event)
	if _, err := protobuf.LengthDelimitedFramer.NewFrameWriter(&framed).Write(message); err != nil {
		panic(err) // a buffer takes everything
	}
	return framed.Bytes()
}

// onlyMetadata leaves all of a pod out but its metadata, for clients that want
// no more.
type onlyMetadata struct{ encoding }

func (m onlyMetadata) frame(kind watch.EventType, object runtime.Object) []byte {
	partial := meta.AsPartialObjectMetadata(object.(*corev1.Pod))
	partial.SetGroupVersionKind(metav1.SchemeGroupVersion.WithKind("PartialObjectMetadata"))
	return m.encoding.frame(kind, partial)
}

func encode(e runtime.Encoder, o runtime.Object) []byte {
	var b bytes.Buffer
	if err := e.Encode(o, &b); err != nil {
		panic(err) // a pod of ours is always valid
	}
	return b.Bytes()
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
)

const mediaProtobuf = runtime.ContentTypeProtobuf

// The kinds that stand for objects and lists of which there is only the metadata.
const (
	partialObject = "PartialObjectMetadata"
	partialList   = "PartialObjectMetadataList"
)

// accept is what the layout wants to hear, best first; as is how objects are to
// come that are reduced to their metadata. A server that cannot do that, which
// may be an aggregated one, sends whole objects.
func (l *layout) accept(as string) string {
	whole := runtime.ContentTypeJSON
	if l.proto != nil && !l.metadata {
		whole = mediaProtobuf + "," + whole
	}
	if !l.metadata {
		return whole
	}
	form := ";as=" + as + ";g=meta.k8s.io;v=v1,"
	if l.proto == nil {
		return runtime.ContentTypeJSON + form + whole
	}
	return mediaProtobuf + form + runtime.ContentTypeJSON + form + whole
}

// negotiator makes a REST client decode answers straight into records. It
// stands for runtime.ClientNegotiator, which asks by the answer's content type.
type negotiator struct{ layout *layout }

// Encoder is never needed: a reflector sends no objects.
func (n negotiator) Encoder(contentType string, _ map[string]string) (runtime.Encoder, error) {
	return nil, runtime.NegotiateError{ContentType: contentType}
}

// Decoder returns the decoder of lists and of errors.
func (n negotiator) Decoder(contentType string, _ map[string]string) (runtime.Decoder, error) {
	switch {
	case contentType == mediaProtobuf && n.layout.proto != nil:
		return &decoder{layout: n.layout, projector: n.layout.proto, list: decodeProtobufList}, nil
	case contentType == runtime.ContentTypeJSON:
		return &decoder{layout: n.layout, projector: n.layout.json, list: decodeJSONList}, nil
	}
	return nil, runtime.NegotiateError{ContentType: contentType}
}

// StreamDecoder returns what takes a watch apart: into frames, each of them
// into an event, and its object into a record. The last two are one value,
// since only the event says what its object is.
func (n negotiator) StreamDecoder(contentType string, _ map[string]string) (runtime.Decoder, runtime.Serializer, runtime.Framer, error) {
	switch {
	case contentType == mediaProtobuf && n.layout.proto != nil:
		s := &stream{projector: n.layout.proto, event: cutProtobufEvent, message: protobufMessage, scratch: scratch{layout: n.layout}}
		return s, s, protobufFramer{protobuf.LengthDelimitedFramer}, nil
	case contentType == runtime.ContentTypeJSON:
		s := &stream{projector: n.layout.json, event: cutJSONEvent, message: jsonMessage, scratch: scratch{layout: n.layout}}
		return s, s, lineFramer{}, nil
	}
	return nil, nil, nil, runtime.NegotiateError{ContentType: contentType, Stream: true}
}

// projector appends the record of an object; see the package project.
type projector interface {
	Append(dst, object []byte) ([]byte, error)
}

// scratch projects into memory that is used again, and returns records that
// are no longer than need be: they stay in the cache.
type scratch struct {
	layout *layout
	buffer []byte
}

func (s *scratch) record(p projector, object []byte) ([]byte, error) {
	b, err := p.Append(s.buffer[:0], object)
	if err := s.layout.tolerate(err); err != nil {
		return nil, err
	}
	s.buffer = b
	rec := make([]byte, len(b))
	copy(rec, b)
	return rec, nil
}

// stock decodes what is not an object of the resource: errors and bookmarks.
var stock = scheme.Codecs.UniversalDeserializer()

// stream decodes the events of one watch, which come one after another.
type stream struct {
	projector projector
	event     func(frame []byte) (kind string, object []byte, err error)
	message   func(object []byte) ([]byte, error)
	kind      watch.EventType // of the event at hand
	scratch   scratch
}

// Encode is never needed: a reflector sends no objects.
func (*stream) Encode(runtime.Object, io.Writer) error { return runtime.NegotiateError{Stream: true} }

// Identifier names the encoder that it is not.
func (*stream) Identifier() runtime.Identifier { return "record" }

// Decode is called twice for each event: with the frame and a WatchEvent to
// fill, which aliases the frame, and then with the event's object.
func (s *stream) Decode(data []byte, _ *schema.GroupVersionKind, into runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	if event, ok := into.(*metav1.WatchEvent); ok {
		kind, object, err := s.event(data)
		if err != nil {
			return nil, nil, err
		}
		s.kind = watch.EventType(kind)
		event.Type, event.Object.Raw = kind, object
		return event, nil, nil
	}
	switch s.kind {
	case watch.Error:
		s.scratch.layout.failed()
		return stock.Decode(data, nil, nil)
	case watch.Bookmark:
		o, err := decodeBookmark(s, data)
		return o, nil, err
	}
	message, err := s.message(data)
	if err != nil {
		return nil, nil, err
	}
	rec, err := s.scratch.record(s.projector, message)
	if err != nil {
		return nil, nil, err
	}
	return &object{rec: rec}, nil, nil
}

func protobufMessage(document []byte) ([]byte, error) {
	_, message, err := cutDocument(document)
	return message, err
}

func jsonMessage(object []byte) ([]byte, error) { return object, nil }

// decodeBookmark reads the metadata of an object, which is all that a bookmark has.
func decodeBookmark(s *stream, data []byte) (runtime.Object, error) {
	partial := metav1.PartialObjectMetadata{}
	message, err := s.message(data)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, protobufMagic) {
		// Field 1 of every object is its metadata, which is also the form of
		// PartialObjectMetadata; other fields are skipped.
		err = eachField(message, func(number int, value []byte) error {
			if number == 1 {
				return partial.ObjectMeta.Unmarshal(value)
			}
			return nil
		})
	} else {
		err = json.Unmarshal(message, &partial)
	}
	return &object{mark: &partial.ObjectMeta}, err
}

// decoder decodes whole answers: a list of the resource, or an error.
type decoder struct {
	layout    *layout
	projector projector
	list      func(data []byte, each func(item []byte) error) (*objectList, error)
}

// Decode returns an *objectList, or what the stock decoder makes of a Status.
func (d *decoder) Decode(data []byte, defaults *schema.GroupVersionKind, _ runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	if defaults != nil && defaults.Kind == statusKind {
		return stock.Decode(data, defaults, nil)
	}
	var items []*object
	s := scratch{layout: d.layout}
	list, err := d.list(data, func(item []byte) error {
		rec, err := s.record(d.projector, item)
		items = append(items, &object{rec: rec})
		return err
	})
	if list == nil && err == nil {
		return stock.Decode(data, nil, nil)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("list: %w", err)
	}
	list.Items = items
	return list, nil, nil
}

const statusKind = "Status"

// decodeProtobufList takes a list apart. It returns nil if it is a Status.
func decodeProtobufList(data []byte, each func(item []byte) error) (*objectList, error) {
	kind, message, err := cutDocument(data)
	if err != nil || kind == statusKind {
		return nil, err
	}
	list := &objectList{}
	return list, eachProtobufItem(message, &list.ListMeta, each)
}

// decodeJSONList takes a list apart. It returns nil if it is a Status.
func decodeJSONList(data []byte, each func(item []byte) error) (*objectList, error) {
	d, err := cutJSONDocument(data)
	if err != nil || d.kind == statusKind {
		return nil, err
	}
	return &objectList{ListMeta: d.meta}, eachElement(d.items, each)
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/wasm-controller-manager/wcm/abi/record/recordjson"
)

func podLayout(t testing.TB) *layout {
	t.Helper()
	s := NewSet(Options{Logger: slog.New(slog.DiscardHandler)})
	v, err := s.Open(ViewOptions{Resource: pods, Kind: "Pod", Projection: shape(t, nodeShape)})
	if err != nil {
		t.Fatal(err)
	}
	return v.informer.next.Load().layout
}

func TestCutJSONEvent(t *testing.T) {
	for _, c := range []struct{ frame, kind, object, reason string }{
		{`{"type":"ADDED","object":{"a":{"b":"}"}}}` + "\n", "ADDED", `{"a":{"b":"}"}}`, "as the API server writes it"},
		{`{"type":"MODIFIED","object":{}}`, "MODIFIED", `{}`, "an empty object, no line feed"},
		{`{"type": "DELETED", "object": {"a": 1}}` + "\r\n", "DELETED", `{"a": 1}`, "with spaces"},
		{`{"object":{"a":1},"type":"ADDED"}`, "ADDED", `{"a":1}`, "in another order"},
		{`{"type":"ADDED","object":{"a":1},"extra":{}}`, "ADDED", `{"a":1},"extra":{}`, "with more members: refused later, as malformed JSON"},
		{`{"type":"NEW","object":{}}`, "NEW", `{}`, "an unknown type is client-go's to refuse"},
	} {
		kind, object, err := cutJSONEvent([]byte(c.frame))
		if err != nil || kind != c.kind || string(object) != c.object {
			t.Errorf("%s: cutJSONEvent(%q) = %q, %q, %v, want %q, %q", c.reason, c.frame, kind, object, err, c.kind, c.object)
		}
	}
	for _, frame := range []string{"", "{", `{"type":"ADDED"`, `[]`, `{"type":"ADDED","object":{`} {
		if kind, object, err := cutJSONEvent([]byte(frame)); err == nil {
			t.Errorf("cutJSONEvent(%q) = %q, %q, nil, want an error", frame, kind, object)
		}
	}
}

func TestDecodeJSONList(t *testing.T) {
	for _, c := range []struct {
		text  string
		items []string
		meta  metav1.ListMeta
	}{
		{`{"kind":"PodList","metadata":{"resourceVersion":"7","continue":"c"},"items":[{"a":"]"}, {"b":[1,{"c":"\\\""}]}]}`,
			[]string{`{"a":"]"}`, `{"b":[1,{"c":"\\\""}]}`}, metav1.ListMeta{ResourceVersion: "7", Continue: "c"}},
		{" {\n\"items\" : [ ] , \"metadata\" : { \"resourceVersion\" : \"8\" } , \"x\" : null }", nil, metav1.ListMeta{ResourceVersion: "8"}},
		{`{"items":null,"kind":"PodList"}`, nil, metav1.ListMeta{}},
	} {
		var items []string
		list, err := decodeJSONList([]byte(c.text), func(item []byte) error { items = append(items, string(item)); return nil })
		if err != nil {
			t.Errorf("decodeJSONList(%s): %v", c.text, err)
			continue
		}
		if diff := cmp.Diff(c.items, items); diff != "" || list.ListMeta != c.meta {
			t.Errorf("decodeJSONList(%s): meta %+v, want %+v; items (-want +got):\n%s", c.text, list.ListMeta, c.meta, diff)
		}
	}
	for _, text := range []string{"", "{", "[", `{"items":[`, `{"items":[{]}`, `{"items":[{},`, `{"items":{}}`, `{"items"}`, `{1:2}`, `{"a":"b`} {
		if _, err := decodeJSONList([]byte(text), func([]byte) error { return nil }); err == nil {
			t.Errorf("decodeJSONList(%s) gives no error", text)
		}
	}
}

// TestDecoders holds that both encodings give the record of the reference.
func TestDecoders(t *testing.T) {
	pod := livePod(t, 1)
	pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
	l := podLayout(t)
	want, err := recordjson.FromJSON(&l.shape, marshal(pod))
	if err != nil {
		t.Fatal(err)
	}
	for _, enc := range []encoding{jsonEncoding{}, protobufEncoding{}} {
		for kind, o := range map[watch.EventType]runtime.Object{
			watch.Modified: pod,
			watch.Bookmark: &corev1.Pod{ObjectMeta: metav1.ObjectMeta{ResourceVersion: "9", Annotations: map[string]string{metav1.InitialEventsAnnotationKey: "true"}}},
			watch.Error:    &metav1.Status{Code: 410, Reason: metav1.StatusReasonExpired},
		} {
			gotKind, got := decodeFrame(t, l, enc, enc.frame(kind, o))
			if gotKind != kind {
				t.Errorf("%s: event type %s, want %s", enc.mediaType(), gotKind, kind)
			}
			switch kind {
			case watch.Modified:
				if !bytes.Equal(got.(*object).rec, want) {
					t.Errorf("%s: record %x, want %x", enc.mediaType(), got.(*object).rec, want)
				}
			case watch.Bookmark:
				mark := got.(*object)
				if mark.GetResourceVersion() != "9" || mark.GetAnnotations()[metav1.InitialEventsAnnotationKey] != "true" {
					t.Errorf("%s: bookmark %+v, want version 9 and its annotation", enc.mediaType(), mark.mark)
				}
			case watch.Error:
				if status := got.(*metav1.Status); status.Code != 410 || status.Reason != metav1.StatusReasonExpired {
					t.Errorf("%s: status %+v, want 410", enc.mediaType(), status)
				}
			}
		}
		list := &corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: "5"}, Items: []corev1.Pod{*pod, *pod}}
		got := decodeDocument(t, l, enc, list).(*objectList)
		if len(got.Items) != 2 || !bytes.Equal(got.Items[1].rec, want) || got.ResourceVersion != "5" {
			t.Errorf("%s: list %+v, want two records at version 5", enc.mediaType(), got)
		}
		status := decodeDocument(t, l, enc, &metav1.Status{Code: 403}).(*metav1.Status)
		if status.Code != 403 {
			t.Errorf("%s: status %+v, want 403", enc.mediaType(), status)
		}
	}
}

func decodeFrame(t *testing.T, l *layout, enc encoding, frame []byte) (watch.EventType, runtime.Object) {
	t.Helper()
	decoder, serializer, framer, err := negotiator{l}.StreamDecoder(enc.mediaType(), nil)
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, len(frame))
	n, err := framer.NewFrameReader(io.NopCloser(bytes.NewReader(frame))).Read(data)
	if err != nil {
		t.Fatal(err)
	}
	var event metav1.WatchEvent
	if _, _, err := serializer.Decode(data[:n], nil, &event); err != nil {
		t.Fatal(err)
	}
	o, _, err := decoder.Decode(event.Object.Raw, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return watch.EventType(event.Type), o
}

func decodeDocument(t *testing.T, l *layout, enc encoding, o runtime.Object) runtime.Object {
	t.Helper()
	decoder, err := negotiator{l}.Decoder(enc.mediaType(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := decoder.Decode(enc.document(o), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestLineFramer(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	text := "one\n\n" + long + "\n  \ntwo\n"
	for name, source := range map[string]io.Reader{
		"at once":      strings.NewReader(text),
		"byte by byte": iotest.OneByteReader(strings.NewReader(text)),
	} {
		r := lineFramer{}.NewFrameReader(io.NopCloser(source))
		for i, want := range []string{"one", long, "two"} {
			if got := readFrame(t, r); strings.TrimSpace(got) != want {
				t.Errorf("%s: frame %d has %d bytes, want %d", name, i, len(got), len(want))
			}
		}
		if n, err := r.Read(make([]byte, 10)); n != 0 || err != io.EOF {
			t.Errorf("%s: at the end: Read = %d, %v, want 0, EOF", name, n, err)
		}
	}
	cut := lineFramer{}.NewFrameReader(io.NopCloser(strings.NewReader(`{"type":"ADD`)))
	if _, err := cut.Read(make([]byte, 100)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half a line: %v, want %v", err, io.ErrUnexpectedEOF)
	}
	broken := errors.New("connection broke")
	r := lineFramer{}.NewFrameReader(io.NopCloser(iotest.ErrReader(broken)))
	if _, err := r.Read(make([]byte, 100)); !errors.Is(err, broken) {
		t.Errorf("broken connection: %v, want %v", err, broken)
	}
}

// readFrame reads one frame through a buffer that is too small for most.
func readFrame(t *testing.T, r io.Reader) string {
	t.Helper()
	var frame []byte
	for {
		b := make([]byte, 1000)
		n, err := r.Read(b)
		frame = append(frame, b[:n]...)
		if err == nil {
			return string(frame)
		}
		if !errors.Is(err, io.ErrShortBuffer) {
			t.Fatalf("Read: %v", err)
		}
	}
}

// FuzzDecode feeds damaged answers to all decoders: they may refuse, and must
// not panic. A JSON list that encoding/json takes, they take as well.
func FuzzDecode(f *testing.F) {
	pod := makePod("a", onNode("n"), labeled("x", "y"))
	pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
	for _, enc := range []encoding{jsonEncoding{}, protobufEncoding{}} {
		f.Add(enc.document(&corev1.PodList{Items: []corev1.Pod{*pod}}))
		f.Add(enc.document(&metav1.Status{Code: 410}))
		f.Add(enc.frame(watch.Added, pod))
		f.Add(enc.frame(watch.Bookmark, pod)[4:])
	}
	l := podLayout(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, media := range []string{runtime.ContentTypeJSON, mediaProtobuf} {
			decoder, err := negotiator{l}.Decoder(media, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, _, _ = decoder.Decode(data, nil, nil)
			object, serializer, _, err := negotiator{l}.StreamDecoder(media, nil)
			if err != nil {
				t.Fatal(err)
			}
			var event metav1.WatchEvent
			if _, _, err := serializer.Decode(data, nil, &event); err == nil {
				_, _, _ = object.Decode(event.Object.Raw, nil, nil)
			}
		}
		sameItems(t, data)
	})
}

func sameItems(t *testing.T, data []byte) {
	t.Helper()
	var want struct{ Items []json.RawMessage }
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) != nil || json.Unmarshal(members["items"], &want.Items) != nil {
		return
	}
	d, err := cutJSONDocument(data)
	var kind string
	var meta metav1.ListMeta
	if members["kind"] != nil && json.Unmarshal(members["kind"], &kind) != nil || members["metadata"] != nil && json.Unmarshal(members["metadata"], &meta) != nil {
		return
	}
	if err != nil {
		t.Fatalf("cutJSONDocument(%q): %v", data, err)
	}
	n := 0
	err = eachElement(d.items, func(item []byte) error {
		if n < len(want.Items) && !bytes.Equal(bytes.TrimSpace(want.Items[n]), item) {
			t.Errorf("item %d of %q = %q, want %q", n, data, item, want.Items[n])
		}
		n++
		return nil
	})
	if err != nil || n != len(want.Items) {
		t.Errorf("eachElement of %q: %d items, %v, want %d", data, n, err, len(want.Items))
	}
}

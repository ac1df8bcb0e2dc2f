// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

var pods = schema.GroupVersionResource{Version: "v1", Resource: "pods"}

// fakeAPI is an API server for pods and nothing else, as an
// http.RoundTripper. It serves lists and watches in JSON and protobuf, with
// WatchList and bookmarks, and can be made to lag, to forget and to fail.
type fakeAPI struct {
	mu       sync.Mutex
	changed  chan struct{} // closed at every change of what follows
	version  uint64
	visible  uint64 // up to where watches tell
	lagging  bool   // visible stays behind version until tell
	oldest   uint64 // watches from before it are expired
	marks    int    // bookmarks sent so far
	cut      int    // watches are cut when this changes
	history  []fakeEvent
	fail     func(*http.Request) *apierrors.StatusError
	requests []string
	watching int // open watches
}

type fakeEvent struct {
	version uint64
	kind    watch.EventType
	pod     *corev1.Pod
}

func newFakeAPI() *fakeAPI { return &fakeAPI{changed: make(chan struct{}), version: 1, visible: 1} }

func (f *fakeAPI) config() *rest.Config {
	return &rest.Config{Host: "http://fake.invalid", Transport: f}
}

// set runs step and lets everybody who waits look again.
func (f *fakeAPI) set(step func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	step()
	if !f.lagging {
		f.visible = f.version
	}
	close(f.changed)
	f.changed = make(chan struct{})
}

// put creates or updates the pod and returns the answer as JSON.
func (f *fakeAPI) put(pod *corev1.Pod) (answer []byte) {
	f.set(func() {
		pod = pod.DeepCopy()
		kind := watch.Added
		if old := f.state(f.version)[Key{pod.Namespace, pod.Name}]; old != nil {
			kind, pod.UID = watch.Modified, old.UID
		}
		f.version++
		if kind == watch.Added {
			pod.UID = types.UID(fmt.Sprintf("uid-%d", f.version))
		}
		pod.ResourceVersion = strconv.FormatUint(f.version, 10)
		pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
		f.history = append(f.history, fakeEvent{f.version, kind, pod})
		answer = marshal(pod)
	})
	return answer
}

// remove deletes the pod and returns its uid and the answer, a Status.
func (f *fakeAPI) remove(namespace, name string) (uid string, answer []byte) {
	f.set(func() {
		pod := f.state(f.version)[Key{namespace, name}]
		if pod == nil {
			return
		}
		pod = pod.DeepCopy()
		f.version++
		pod.ResourceVersion = strconv.FormatUint(f.version, 10)
		f.history = append(f.history, fakeEvent{f.version, watch.Deleted, pod})
		uid = string(pod.UID)
		answer = fmt.Appendf(nil, `{"kind":"Status","status":"Success","details":{"name":%q,"kind":"pods","uid":%q}}`, name, uid)
	})
	return uid, answer
}

// tell makes the watches tell n more versions.
func (f *fakeAPI) tell(n uint64) {
	f.set(func() { f.visible = min(f.visible+n, f.version) })
}

// bookmark makes all watches send one.
func (f *fakeAPI) bookmark() { f.set(func() { f.marks++ }) }

// drop cuts all watches. If expire, those that come back find their history gone.
func (f *fakeAPI) drop(expire bool) {
	f.set(func() {
		f.cut++
		if expire {
			f.version++
			f.oldest = f.version
		}
	})
}

// state returns the pods as of a version.
func (f *fakeAPI) state(version uint64) map[Key]*corev1.Pod {
	pods := map[Key]*corev1.Pod{}
	for _, e := range f.history {
		if e.version > version {
			break
		}
		key := Key{e.pod.Namespace, e.pod.Name}
		if e.kind == watch.Deleted {
			delete(pods, key)
		} else {
			pods[key] = e.pod
		}
	}
	return pods
}

func (f *fakeAPI) truth() map[Key]*corev1.Pod {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state(f.version)
}

// count returns how many requests had the text in their URL.
func (f *fakeAPI) count(text string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.requests {
		if strings.Contains(r, text) {
			n++
		}
	}
	return n
}

// RoundTrip answers a request.
func (f *fakeAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.requests = append(f.requests, r.URL.String())
	fail := f.fail
	f.mu.Unlock()
	enc := encoding(jsonEncoding{})
	if strings.Contains(r.Header.Get("Accept"), "protobuf") {
		enc = protobufEncoding{}
	}
	if fail != nil {
		if refusal := fail(r); refusal != nil {
			return respond(r, enc, int(refusal.ErrStatus.Code), enc.document(&refusal.ErrStatus)), nil //nolint:nilerr // the refusal is the answer
		}
	}
	if r.URL.Query().Get("watch") == "true" {
		return f.watch(r, enc)
	}
	return f.list(r, enc), nil
}

func respond(r *http.Request, enc encoding, code int, body []byte) *http.Response {
	return &http.Response{
		StatusCode: code, Request: r, ProtoMajor: 1,
		Header: http.Header{"Content-Type": {enc.mediaType()}},
		Body:   io.NopCloser(bytes.NewReader(body)),
	}
}

// list answers with what watches have been told, as the API server's watch
// cache does, or with the latest if no version is asked for.
func (f *fakeAPI) list(r *http.Request, enc encoding) *http.Response {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.visible
	if v := r.URL.Query().Get("resourceVersion"); v == "" || parseVersion(v) > f.visible {
		at = f.version
	}
	list := &corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}}
	list.ResourceVersion = strconv.FormatUint(at, 10)
	for _, pod := range f.state(at) {
		list.Items = append(list.Items, *pod)
	}
	return respond(r, enc, http.StatusOK, enc.document(list))
}

func (f *fakeAPI) watch(r *http.Request, enc encoding) (*http.Response, error) {
	q := r.URL.Query()
	out, in := io.Pipe()
	body := &pipeBody{PipeReader: out}
	f.mu.Lock()
	from, cut, marks := parseVersion(q.Get("resourceVersion")), f.cut, f.marks
	expired := from < f.oldest && q.Get("sendInitialEvents") == ""
	f.mu.Unlock()
	if expired {
		err := apierrors.NewResourceExpired("too old resource version")
		return respond(r, enc, http.StatusGone, enc.document(&err.ErrStatus)), nil
	}
	s := &fakeStream{fake: f, in: in, enc: enc, from: from, cut: cut, marks: marks}
	if q.Get("sendInitialEvents") == "true" {
		s.initial = true
	}
	go s.run(r.Context())
	return &http.Response{
		StatusCode: http.StatusOK, Request: r, ProtoMajor: 1, Body: body,
		Header: http.Header{"Content-Type": {enc.streamType()}},
	}, nil
}

type pipeBody struct{ *io.PipeReader }

// fakeStream is one watch.
type fakeStream struct {
	fake    *fakeAPI
	in      *io.PipeWriter
	enc     encoding
	from    uint64
	initial bool
	cut     int
	marks   int
}

func (s *fakeStream) run(ctx context.Context) {
	defer s.in.Close()
	s.count(1)
	defer s.count(-1)
	for {
		frames, changed, ok := s.next()
		for _, frame := range frames {
			if _, err := s.in.Write(frame); err != nil {
				return
			}
		}
		if !ok {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

func (s *fakeStream) count(n int) {
	s.fake.mu.Lock()
	defer s.fake.mu.Unlock()
	s.fake.watching += n
}

// next returns the frames that are due, and false if the stream is cut.
func (s *fakeStream) next() (frames [][]byte, changed chan struct{}, ok bool) {
	f := s.fake
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.cut != f.cut {
		return nil, f.changed, false
	}
	if s.initial {
		if s.from > f.visible {
			return nil, f.changed, true
		}
		s.initial, s.from = false, f.visible
		for _, pod := range f.state(f.visible) {
			frames = append(frames, s.enc.frame(watch.Added, pod))
		}
		frames = append(frames, s.bookmark(map[string]string{metav1.InitialEventsAnnotationKey: "true"}))
	}
	for _, e := range f.history {
		if e.version > s.from && e.version <= f.visible {
			frames = append(frames, s.enc.frame(e.kind, e.pod))
		}
	}
	s.from = max(s.from, f.visible)
	if s.marks != f.marks {
		s.marks = f.marks
		frames = append(frames, s.bookmark(nil))
	}
	return frames, f.changed, true
}

func (s *fakeStream) bookmark(annotations map[string]string) []byte {
	pod := &corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}}
	pod.ResourceVersion, pod.Annotations = strconv.FormatUint(s.from, 10), annotations
	return s.enc.frame(watch.Bookmark, pod)
}

// encoding writes documents and watch events as an API server does.
type encoding interface {
	mediaType() string
	streamType() string
	document(o runtime.Object) []byte
	frame(kind watch.EventType, o runtime.Object) []byte
}

type jsonEncoding struct{}

func (jsonEncoding) mediaType() string  { return "application/json" }
func (jsonEncoding) streamType() string { return "application/json" }

func (jsonEncoding) document(o runtime.Object) []byte { return marshal(typed(o)) }

func (jsonEncoding) frame(kind watch.EventType, o runtime.Object) []byte {
	return fmt.Appendf(nil, `{"type":%q,"object":%s}`+"\n", kind, marshal(typed(o)))
}

// typed gives a Status its kind, which API servers always send.
func typed(o runtime.Object) runtime.Object {
	if status, ok := o.(*metav1.Status); ok {
		status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	}
	return o
}

type protobufEncoding struct{}

func (protobufEncoding) mediaType() string { return "application/vnd.kubernetes.protobuf" }
func (protobufEncoding) streamType() string {
	return "application/vnd.kubernetes.protobuf;stream=watch"
}

func (protobufEncoding) document(o runtime.Object) []byte {
	var b bytes.Buffer
	if err := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme).Encode(typed(o), &b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func (e protobufEncoding) frame(kind watch.EventType, o runtime.Object) []byte {
	event := &metav1.WatchEvent{Type: string(kind), Object: runtime.RawExtension{Raw: e.document(o)}}
	var b bytes.Buffer
	if err := protobuf.NewRawSerializer(scheme.Scheme, scheme.Scheme).Encode(event, &b); err != nil {
		panic(err)
	}
	var framed bytes.Buffer
	if _, err := protobuf.LengthDelimitedFramer.NewFrameWriter(&framed).Write(b.Bytes()); err != nil {
		panic(err)
	}
	return framed.Bytes()
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// run runs the set until the test ends.
func run(t *testing.T, s *Set) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Set.Run: %v", err)
		}
	})
}

func open(t *testing.T, s *Set, o ViewOptions) *View {
	t.Helper()
	if o.Resource.Resource == "" {
		o.Resource, o.Kind, o.Namespaced = pods, "Pod", true
	}
	if o.Plugin == "" {
		o.Plugin = "tester"
	}
	v, err := s.Open(o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return v
}

func makePod(name string, edit ...func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{}
	pod.Namespace, pod.Name = "default", name
	for _, e := range edit {
		e(pod)
	}
	return pod
}

func setController(p *corev1.Pod, apiVersion, kind, name, uid string) {
	controller := true
	p.OwnerReferences = append(p.OwnerReferences, metav1.OwnerReference{
		APIVersion: apiVersion, Kind: kind, Name: name, UID: types.UID(uid), Controller: &controller,
	})
}

func mustDecode(t testing.TB, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package benchtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
)

// Server is an API server of pods and nothing else, as an http.RoundTripper: no
// sockets, no TLS, nothing but the bytes. It serves watches of all pods,
// which begin with the pods that are there (WatchList), of which one has what
// [Server.Send] adds, and patches that change nothing. It is an http.Handler as well, for
// [Start]. Its methods are safe for concurrent use.
type Server struct {
	pods    int
	json    bool
	chunks  chan []byte // of the watch
	latency time.Duration
	patched sync.Map // answers to patches, by the number of the pod
}

// NewServer returns a server of the first n pods. It speaks the client's
// favourite of protobuf and JSON, or JSON only.
func NewServer(n int, onlyJSON bool) *Server {
	return &Server{pods: n, json: onlyJSON, chunks: make(chan []byte)}
}

// Slow makes patches take so long, and returns the server.
func (s *Server) Slow(latency time.Duration) *Server {
	s.latency = latency
	return s
}

// Config returns a configuration that reaches the server.
func (s *Server) Config() *rest.Config {
	return &rest.Config{Host: "http://pods.invalid", Transport: s, QPS: -1}
}

// Send sends watch events, whole frames, and returns when the client has begun
// to read them. The caller must not modify them until it has read them all.
func (s *Server) Send(frames []byte) { s.chunks <- frames }

// RoundTrip answers a request.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case discovery[r.URL.Path] != "":
		return respond(r, http.StatusOK, jsonEncoding{}.mediaType(), discovery[r.URL.Path]), nil
	case r.Method == http.MethodPatch:
		return s.patch(r)
	case !strings.HasSuffix(r.URL.Path, "/pods"):
		return refuse(r, http.StatusNotFound, "only pods are served"), nil
	case r.URL.Query().Get("sendInitialEvents") != "true":
		return refuse(r, http.StatusBadRequest, "only a watch with initial events is served"), nil
	}
	e := encoding(jsonEncoding{})
	if !s.json && strings.Contains(r.Header.Get("Accept"), "protobuf") {
		e = protobufEncoding{}
	}
	if strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata") {
		e = onlyMetadata{e}
	}
	first := make(chan []byte)
	go s.initial(r, e, first) // ends with the list of pods, or the request
	body := &stream{done: r.Context().Done(), first: first, chunks: s.chunks}
	response := respond(r, http.StatusOK, e.streamType(), "")
	response.Body = body
	return response, nil
}

// initial sends the pods that are there, and the bookmark that ends them.
func (s *Server) initial(r *http.Request, e encoding, to chan<- []byte) {
	defer close(to)
	for i := range s.pods {
		select {
		case to <- e.frame(watch.Added, Pod(i)):
		case <-r.Context().Done():
			return
		}
	}
	mark := &corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}}
	mark.ResourceVersion = strconv.Itoa(firstPodRevision + s.pods)
	mark.Annotations = map[string]string{metav1.InitialEventsAnnotationKey: "true"}
	select {
	case to <- e.frame(watch.Bookmark, mark):
	case <-r.Context().Done():
	}
}

// stream is the body of a watch: first the pods that are there, then what is sent.
type stream struct {
	done   <-chan struct{}
	first  <-chan []byte // nil when it has ended
	chunks <-chan []byte
	rest   []byte
}

// Read reads what has been sent, or waits for it.
func (s *stream) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *stream) next() error {
	from := s.chunks
	if s.first != nil {
		from = s.first
	}
	select {
	case <-s.done:
		return io.EOF
	case chunk, ok := <-from:
		if !ok {
			s.first = nil
		}
		s.rest = chunk
		return nil
	}
}

// Close does nothing: the stream ends with its request.
func (*stream) Close() error { return nil }

// discovery says what is served, by path.
var discovery = map[string]string{
	"/api":  `{"kind":"APIVersions","versions":["v1"]}`,
	"/apis": `{"kind":"APIGroupList","apiVersion":"v1","groups":[]}`,
	"/api/v1": `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"v1","resources":[
{"name":"pods","singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get","list","watch"]}]}`,
}

func refuse(r *http.Request, code int, message string) *http.Response {
	status := fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","status":"Failure","code":%d,"reason":%q,"message":%q}`,
		code, strings.ReplaceAll(http.StatusText(code), " ", ""), message)
	return respond(r, code, jsonEncoding{}.mediaType(), status)
}

func respond(r *http.Request, code int, mediaType, body string) *http.Response {
	return &http.Response{
		StatusCode: code, Request: r, ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {mediaType}},
		Body:   io.NopCloser(bytes.NewBufferString(body)),
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package benchtest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// patch answers with the pod as it is.
func (s *Server) patch(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
	}
	pod, err := s.pod(path.Base(r.URL.Path))
	if err != nil {
		return refuse(r, http.StatusNotFound, err.Error()), nil
	}
	select {
	case <-time.After(s.latency):
		return respond(r, http.StatusOK, jsonEncoding{}.mediaType(), pod), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// pod returns a pod as JSON. Names end in the pod's number.
func (s *Server) pod(name string) (string, error) {
	i, err := strconv.ParseInt(name[strings.LastIndexByte(name, '-')+1:], 16, 32)
	if err != nil || int(i) >= s.pods {
		return "", fmt.Errorf("there is no pod %q", name)
	}
	if text, known := s.patched.Load(i); known {
		return text.(string), nil
	}
	text, err := json.Marshal(Pod(int(i)))
	if err != nil {
		return "", err
	}
	s.patched.Store(i, string(text))
	return string(text), nil
}

// ServeHTTP answers a request over a real connection.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	response, err := s.RoundTrip(r)
	if err != nil {
		return // whoever asked is gone
	}
	defer response.Body.Close()
	maps.Copy(w.Header(), response.Header)
	w.WriteHeader(response.StatusCode)
	flusher := http.NewResponseController(w)
	buffer := make([]byte, 64<<10)
	for {
		n, err := response.Body.Read(buffer)
		if _, broken := w.Write(buffer[:n]); broken != nil || flusher.Flush() != nil || err != nil {
			return
		}
	}
}

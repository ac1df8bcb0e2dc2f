// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
)

// HTTPRequest is a request to a [Server].
type HTTPRequest struct {
	Method string // empty: GET
	// URL is absolute, or a path on the server that begins with a slash.
	URL     string
	Headers []HTTPHeader
	Body    []byte
	// Timeout bounds the request; 0: 30 s. It ends with the reconcile anyway.
	Timeout time.Duration
}

// HTTPHeader is a header of a request or a response.
type HTTPHeader struct{ Name, Value string }

// HTTPResponse is the answer of a server.
type HTTPResponse struct {
	Status  int          // 200 for example
	Headers []HTTPHeader // ascending by name, which is like "Content-Type"
	Body    []byte       // as it was sent: the host decompresses nothing
}

// Header returns the first header of the name, in whatever case, or "".
func (r *HTTPResponse) Header(name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// Do sends a request and waits for the answer, of whatever status: 404 and 500
// are no errors. Redirects are followed as far as they are granted. A request
// other than GET and HEAD is sent only by the process that leads, and may have
// had its effect although there is an error: what it does must bear being done
// twice, as it will be when the key is retried.
func (s *Server) Do(ctx context.Context, r HTTPRequest) (*HTTPResponse, error) {
	m := abi.HTTPRequest{Method: r.Method, URL: r.URL, Body: r.Body, Timeout: r.Timeout}
	if strings.HasPrefix(r.URL, "/") {
		m.URL = s.url + r.URL
	}
	for _, h := range r.Headers {
		m.Headers = append(m.Headers, abi.Pair{Key: h.Name, Value: h.Value})
	}
	answer := instanceFrom(ctx).http(ctx, m.Append(nil))
	if answer.status != abi.StatusOK {
		return nil, answer.failure(abi.OpHTTP, nil, Key{})
	}
	var result abi.HTTPResponse
	if err := result.Decode(answer.b); err != nil {
		return nil, &APIError{Operation: abi.OpHTTP, Status: abi.StatusInternal, Message: err.Error()}
	}
	response := &HTTPResponse{Status: int(result.Status), Body: result.Body}
	for _, h := range result.Headers {
		response.Headers = append(response.Headers, HTTPHeader{Name: h.Key, Value: h.Value})
	}
	return response, nil
}

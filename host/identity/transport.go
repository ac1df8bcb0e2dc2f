// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"io"
	"net/http"
)

// Transport returns next with a token in each request. One that is answered
// with 401, as when the account was deleted and made again, is sent once more
// with a new token: it was not performed.
func (s *Source) Transport(next http.RoundTripper) http.RoundTripper {
	return &bearer{source: s, next: next}
}

type bearer struct {
	source *Source
	next   http.RoundTripper
}

// WrappedRoundTripper returns the transport below, for Kubernetes' libraries.
func (b *bearer) WrappedRoundTripper() http.RoundTripper { return b.next }

// RoundTrip sends a request with a token.
func (b *bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	body := r.Body
	for again := false; ; again = true {
		value, err := b.source.Token(r.Context())
		if err != nil {
			if body != nil {
				_ = body.Close() // the contract of RoundTrip
			}
			return nil, err
		}
		response, err := b.next.RoundTrip(with(r, value, body))
		if err != nil || response.StatusCode != http.StatusUnauthorized {
			return response, err
		}
		b.source.reject(value, again)
		if again || r.Body != nil && r.Body != http.NoBody && r.GetBody == nil {
			return response, nil
		}
		if r.GetBody != nil {
			if body, err = r.GetBody(); err != nil {
				return response, nil //nolint:nilerr // the first answer is one
			}
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
		_ = response.Body.Close()
	}
}

// with returns a copy of a request with a token and a body that was not read.
func with(r *http.Request, value string, body io.ReadCloser) *http.Request {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+value)
	r.Body = body
	return r
}

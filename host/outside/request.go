// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/grant"
)

const (
	maxURL     = 8 << 10  // bytes
	maxHeaders = 32 << 10 // bytes, names and values
)

// newRequest returns a request as it is sent, and where it goes. Its URL has
// the canonical form of that.
func newRequest(ctx context.Context, r *abi.HTTPRequest, userAgent string) (*http.Request, grant.Endpoint, error) {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	if strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || method == http.MethodConnect || method == http.MethodTrace {
		return nil, grant.Endpoint{}, fmt.Errorf("method %q: expected GET, POST or the like, in capitals", method)
	}
	u, to, err := parseURL(r.URL)
	if err != nil {
		return nil, to, err
	}
	header, err := headerOf(r.Headers)
	if err != nil {
		return nil, to, err
	}
	if _, given := header["User-Agent"]; !given && userAgent != "" {
		header.Set("User-Agent", userAgent)
	}
	// The body is a copy: what is given is guest memory, which may be gone
	// before the transport notices that nobody waits any more.
	request, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(bytes.Clone(r.Body)))
	if err != nil {
		return nil, to, err
	}
	request.Header = header
	return request, to, nil
}

func parseURL(text string) (*url.URL, grant.Endpoint, error) {
	if len(text) > maxURL {
		return nil, grant.Endpoint{}, fmt.Errorf("url: %d bytes, expected at most %d", len(text), maxURL)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return nil, grant.Endpoint{}, errors.New("url: expected no spaces and control characters")
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, grant.Endpoint{}, fmt.Errorf("url: %w", withoutURL(err))
	}
	to, err := canonical(u)
	return u, to, err
}

// withoutURL returns what an error of net/url or net/http says besides the URL,
// which may hold secrets and end up in logs.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// canonical makes u the URL of its endpoint, so that what is dialled is what
// was compared with the grants.
func canonical(u *url.URL) (grant.Endpoint, error) {
	to, err := grant.EndpointOf(u)
	if err != nil {
		return to, fmt.Errorf("url: %w", err)
	}
	u.Host = to.Authority()
	return to, nil
}

// connectionHeaders belong to the connection or to the host, not to the guest.
var connectionHeaders = map[string]bool{
	"Connection": true, "Content-Length": true, "Expect": true, "Host": true, "Keep-Alive": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

func headerOf(pairs []abi.Pair) (http.Header, error) {
	header, size := http.Header{}, 0
	for _, p := range pairs {
		name := http.CanonicalHeaderKey(p.Key)
		if p.Key == "" || strings.ContainsFunc(p.Key, notToken) {
			return nil, fmt.Errorf("header %q: expected a name of letters, digits and hyphens", p.Key)
		}
		if connectionHeaders[name] || strings.HasPrefix(name, "Proxy-") {
			return nil, fmt.Errorf("header %s: is the host's to set", name)
		}
		if strings.ContainsFunc(p.Value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return nil, fmt.Errorf("header %s: expected a value without control characters", name)
		}
		if size += len(p.Key) + len(p.Value); size > maxHeaders {
			return nil, fmt.Errorf("headers: expected at most %d bytes", maxHeaders)
		}
		header.Add(name, p.Value)
	}
	return header, nil
}

// notToken reports whether a name of a header cannot have the character.
func notToken(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

// pairs returns headers ascending by name. Bytes that are not UTF-8 become
// U+FFFD, since strings of messages are.
func pairs(header http.Header) []abi.Pair {
	var pairs []abi.Pair
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			pairs = append(pairs, abi.Pair{Key: name, Value: strings.ToValidUTF8(value, "\uFFFD")})
		}
	}
	return pairs
}

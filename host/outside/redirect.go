// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"fmt"
	"net/http"
	"net/url"
)

// maxRedirects is how many redirects of one request are followed.
const maxRedirects = 10

// portable are the headers of a guest that go along to another server. Any
// other may be a credential: they have too many names to list those.
var portable = []string{"Accept", "Accept-Language", "Content-Type", "User-Agent"}

// redirects returns the decision about each redirect of one request: the next
// one is checked like the first.
func redirects(check Check) func(next *http.Request, before []*http.Request) error {
	return func(next *http.Request, before []*http.Request) error {
		if len(before) > maxRedirects {
			return fmt.Errorf("more than %d redirects", maxRedirects)
		}
		to, err := canonical(next.URL)
		if err != nil {
			return fmt.Errorf("redirect to a place that is none: %w", err)
		}
		if err := check(next.Method, to); err != nil {
			known := errorOf(err)
			return &Error{Status: known.Status, Message: "redirect: " + known.Message, RetryAfter: known.RetryAfter}
		}
		next.Host = "" // that of the URL
		next.Header.Del("Referer")
		if left(next.URL, before) {
			next.Header = only(next.Header, portable)
		}
		return nil
	}
}

// left reports whether the request is or was on its way to another server than
// the first. Headers that are gone stay gone, whoever redirects back.
func left(next *url.URL, before []*http.Request) bool {
	first := before[0].URL
	for _, request := range before {
		if !sameServer(request.URL, first) {
			return true
		}
	}
	return !sameServer(next, first)
}

func sameServer(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }

func only(header http.Header, names []string) http.Header {
	kept := http.Header{}
	for _, name := range names {
		if values, found := header[name]; found {
			kept[name] = values
		}
	}
	return kept
}

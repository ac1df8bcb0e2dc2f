// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// believer is an API server that believes some tokens.
type believer struct {
	believes []string

	mu  sync.Mutex
	got []string // tokens and bodies
}

func (b *believer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	value := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, value+" "+string(body))
	if !slices.Contains(b.believes, value) {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func TestTransport(t *testing.T) {
	tests := []struct {
		reason   string
		believes []string
		stream   bool // the body can be read once
		code     int
		got      []string
	}{
		{"believed", []string{"token-1"}, false, http.StatusOK, []string{"token-1 body"}},
		{"the account was made again: a new token, and the body once more", []string{"token-2"}, false,
			http.StatusOK, []string{"token-1 body", "token-2 body"}},
		{"nothing is believed: no third try", nil, false, http.StatusUnauthorized, []string{"token-1 body", "token-2 body"}},
		{"a body that is gone", []string{"token-2"}, true, http.StatusUnauthorized, []string{"token-1 body"}},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			api := &believer{believes: test.believes}
			server := httptest.NewServer(api)
			defer server.Close()
			source := NewSource(Options{Namespace: "n", Name: "a", Tokens: &accounts{exists: true, life: 3600}})
			defer source.Close()
			var body io.Reader = strings.NewReader("body")
			if test.stream {
				body = io.MultiReader(body)
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, body)
			if err != nil {
				t.Fatal(err)
			}
			response, err := source.Transport(http.DefaultTransport).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != test.code {
				t.Errorf("got code %d, want %d", response.StatusCode, test.code)
			}
			if diff := cmp.Diff(test.got, api.got); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if r.Header.Get("Authorization") != "" {
				t.Error("the caller's request was changed")
			}
			if test.believes == nil {
				if _, err := source.Token(t.Context()); err == nil {
					t.Error("after two tokens that were not believed a third was requested at once")
				}
			}
			http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		})
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/kube"
)

const quota = `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"no more","reason":"Forbidden","code":403}`

// TestAnswersAsClientGo compares what becomes of an answer to a write with what
// client-go makes of it.
func TestAnswersAsClientGo(t *testing.T) {
	tests := []struct {
		reason      string
		code        int
		contentType string // empty: no header
		retryAfter  string
		body        string
	}{
		{"an object", http.StatusOK, "application/json", "", `{"kind":"Pod"}`},
		{"accepted", http.StatusAccepted, "application/json", "", `{"kind":"Status","status":"Success"}`},
		{"nothing", http.StatusNoContent, "", "", ""},
		{"of unknown type", http.StatusOK, "", "", `{"kind":"Pod"}`},
		{"a refusal", http.StatusForbidden, "application/json", "", quota},
		{"a refusal with a charset", http.StatusForbidden, "application/json; charset=utf-8", "", quota},
		{"a refusal without a version", http.StatusForbidden, "application/json", "", strings.Replace(quota, `"apiVersion":"v1",`, "", 1)},
		{"a refusal that is called text", http.StatusForbidden, "text/plain", "", quota},
		{"a refusal of unknown type", http.StatusForbidden, "", "", quota},
		{"a refusal that says success", http.StatusForbidden, "application/json", "", strings.Replace(quota, "Failure", "Success", 1)},
		{"another object", http.StatusConflict, "application/json", "", `{"kind":"Pod","apiVersion":"v1"}`},
		{"not JSON", http.StatusInternalServerError, "application/json", "", "oh"},
		{"words", http.StatusNotFound, "text/plain; charset=utf-8", "", " 404 page not found\n"},
		{"many words", http.StatusBadGateway, "text/html", "", strings.Repeat("words ", 1000)},
		{"nothing to say", http.StatusUnauthorized, "application/json", "", ""},
		{"later", http.StatusNotFound, "text/plain", "7", "not now"},
		{"later in words", http.StatusTooManyRequests, "text/plain", "tomorrow", "not now"},
		{"a redirection to nowhere", http.StatusNotModified, "", "", ""},
		{"too often", http.StatusServiceUnavailable, "text/plain", "0", "busy"},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				requests++
				w.Header()["Content-Type"] = nil // else it is guessed
				if test.contentType != "" {
					w.Header().Set("Content-Type", test.contentType)
				}
				if test.retryAfter != "" {
					w.Header().Set("Retry-After", test.retryAfter)
				}
				w.WriteHeader(test.code)
				_, _ = io.WriteString(w, test.body)
			}))
			defer server.Close()
			config := &rest.Config{Host: server.URL, QPS: -1}
			got, err := connect(t, config, fence.Open()).Write(t.Context(), abi.OpPatch, pods, &abi.WriteRequest{Namespace: "n", Name: "a", Body: []byte("{}")})
			status, answer := kube.StatusOf(err)
			tries := requests

			config.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
			peer, peerErr := rest.UnversionedRESTClientFor(config)
			if peerErr != nil {
				t.Fatal(peerErr)
			}
			result := peer.Patch("application/merge-patch+json").AbsPath("/api/v1/namespaces/n/pods/a").Body([]byte("{}")).Do(t.Context())
			want, wantErr := result.Raw()
			if e := result.Error(); e != nil {
				want, wantErr = nil, e
			}
			wantStatus, wantAnswer := kube.StatusOf(wantErr)
			if string(got) != string(want) || status != wantStatus || answer.Message != wantAnswer.Message || answer.Reason != wantAnswer.Reason ||
				answer.RetryAfterSeconds != wantAnswer.RetryAfterSeconds || len(answer.Causes) != len(wantAnswer.Causes) {
				t.Errorf("got %q, %s %+v,\nwant %q, %s %+v", got, status, answer, want, wantStatus, wantAnswer)
			}
			if wanted := requests - tries; tries != wanted {
				t.Errorf("got %d requests, want %d", tries, wanted)
			}
		})
	}
}

// TestTriesAreWhole has a server that takes the third try.
func TestTriesAreWhole(t *testing.T) {
	var bodies []string
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if bodies = append(bodies, string(body)); len(bodies) < 3 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		}
		ok(w)
	})
	w := abi.WriteRequest{Namespace: "n", Name: "a", Body: []byte(`{"x":1}`)}
	if _, err := connect(t, server.config(), trusted(t)).Write(t.Context(), abi.OpPatch, pods, &w); err != nil {
		t.Error(err)
	}
	if got := strings.Join(bodies, " "); got != `{"x":1} {"x":1} {"x":1}` {
		t.Errorf("bodies: got %s, want the same three times", got)
	}
}

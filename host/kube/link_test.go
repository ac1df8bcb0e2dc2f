// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube_test

import (
	"context"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/kube"
)

// notes is a server that keeps the requests it got. It speaks HTTP/2, as API
// servers do.
type notes struct {
	*httptest.Server

	mu       sync.Mutex
	requests []*http.Request
}

func newNotes(t *testing.T, answer func(http.ResponseWriter)) *notes {
	return newServer(t, func(w http.ResponseWriter, _ *http.Request) { answer(w) })
}

func newServer(t *testing.T, answer http.HandlerFunc) *notes {
	n := &notes{}
	n.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		n.requests = append(n.requests, r)
		n.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		answer(w, r)
	}))
	n.EnableHTTP2 = true
	n.StartTLS()
	t.Cleanup(n.Close)
	return n
}

// config is for clients without credentials.
func (n *notes) config() *rest.Config {
	config := &rest.Config{Host: n.URL}
	config.CAData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: n.Certificate().Raw})
	return config
}

func ok(w http.ResponseWriter) { _, _ = io.WriteString(w, "{}") }

// got returns one value of each request.
func (n *notes) got(value func(*http.Request) string) (values []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.requests {
		values = append(values, value(r))
	}
	return values
}

func (n *notes) count() int { return len(n.got((*http.Request).UserAgent)) }

// trusted returns a fence that is open for an hour.
func trusted(t *testing.T) *fence.Fence {
	f := fence.New(fence.Options{Margin: time.Hour})
	f.Extend(f.Now() + fence.Instant(time.Hour))
	t.Cleanup(f.Revoke)
	return f
}

// while is a rate limit under which something happens to whoever waits.
type while struct {
	flowcontrol.RateLimiter
	happens func()
}

func (w while) TryAccept() bool { return false }

func (w while) Wait(context.Context) error {
	w.happens()
	return nil
}

func write(ctx context.Context, c *kube.Client) (abi.Status, abi.Error) {
	_, err := c.Write(ctx, abi.OpDelete, pods, &abi.WriteRequest{Namespace: "n", Name: "a"})
	return kube.StatusOf(err)
}

func TestWritesPassTheFence(t *testing.T) {
	server, f := newNotes(t, ok), fence.New(fence.Options{Margin: time.Hour})
	client := connect(t, server.config(), f)
	if status, answer := write(t.Context(), client); status != abi.StatusNotLeader || server.count() > 0 {
		t.Errorf("write without trust: got %s %q and %d requests, want not_leader and none", status, answer.Message, server.count())
	}
	if _, err := client.Get(t.Context(), pods, "n", "a", ""); err != nil || server.count() != 1 {
		t.Errorf("read without trust: got error %v, want that a standby may read", err)
	}
}

// TestTrustEndsInTheRateLimit and the next test let go of a request that was
// let through before.
func TestTrustEndsInTheRateLimit(t *testing.T) {
	server, f := newNotes(t, ok), trusted(t)
	link, err := kube.Connect(server.config(), f)
	if err != nil {
		t.Fatal(err)
	}
	client, err := link.Client(while{happens: f.Revoke})
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := write(t.Context(), client); status != abi.StatusNotLeader || server.count() > 0 {
		t.Errorf("write: got %s %q and %d requests, want not_leader and none", status, answer.Message, server.count())
	}
}

func TestTrustEndsBeforeTheSecondTry(t *testing.T) {
	f, done := trusted(t), make(chan struct{})
	server := newNotes(t, func(w http.ResponseWriter) {
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
		close(done) // a second request panics
	})
	link, err := kube.Connect(server.config(), f)
	if err != nil {
		t.Fatal(err)
	}
	client, err := link.Client(while{happens: func() {
		select {
		case <-done:
			f.Revoke()
		default:
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := write(t.Context(), client); status != abi.StatusNotLeader || server.count() != 1 {
		t.Errorf("write: got %s %q after %d requests, want not_leader after one", status, answer.Message, server.count())
	}
}

// TestTimeoutStaysTheSame: requests of the same second have the same path.
func TestTimeoutStaysTheSame(t *testing.T) {
	for left, want := range map[time.Duration]time.Duration{
		30 * time.Second:         27 * time.Second,
		29900 * time.Millisecond: 26 * time.Second,
		29 * time.Second:         26 * time.Second,
		2 * time.Second:          1800 * time.Millisecond,
		1001 * time.Millisecond:  900 * time.Millisecond,
		time.Microsecond:         time.Millisecond,
		-time.Second:             time.Millisecond,
	} {
		if got := kube.TimeoutFor(left); got != want {
			t.Errorf("timeout for a request that has %v left: got %v, want %v", left, got, want)
		}
	}
}

// TestServerKnowsTheDeadline looks at the time that the API server is given.
func TestServerKnowsTheDeadline(t *testing.T) {
	tests := []struct {
		reason  string
		fence   func(*testing.T) *fence.Fence
		timeout time.Duration // of the caller
		least   time.Duration
		most    time.Duration // 0: no parameter
	}{
		{"the trust", trusted, 0, 50 * time.Minute, 54 * time.Minute},
		{"the caller's time, if that is less", trusted, time.Minute, 50 * time.Second, 54 * time.Second},
		{"no rivals", func(*testing.T) *fence.Fence { return fence.Open() }, 0, 0, 0},
		{"no rivals and a deadline", func(*testing.T) *fence.Fence { return fence.Open() }, time.Minute, 50 * time.Second, 54 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			server := newNotes(t, ok)
			ctx := t.Context()
			if test.timeout > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, test.timeout)
				defer cancel()
			}
			if status, answer := write(ctx, connect(t, server.config(), test.fence(t))); status != abi.StatusOK {
				t.Fatalf("write: got %s %q", status, answer.Message)
			}
			text := server.got(func(r *http.Request) string { return r.URL.Query().Get("timeout") })[0]
			got, _ := time.ParseDuration(text)
			if got < test.least || got > test.most {
				t.Errorf("timeout: got %q, want %v to %v", text, test.least, test.most)
			}
		})
	}
}

// TestIdentities has two names and credentials on one pair of connections.
func TestIdentities(t *testing.T) {
	server := newNotes(t, ok)
	config := server.config()
	config.BearerToken, config.UserAgent = "host's", "wcm/1"
	host, err := kube.Connect(config, trusted(t))
	if err != nil {
		t.Fatal(err)
	}
	anonymous, err := kube.Connect(server.config(), trusted(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range []*kube.Link{
		host, host.As("wcm/1 plugin", nil), anonymous.As("wcm/1 plugin", func(next http.RoundTripper) http.RoundTripper {
			return bearer{next}
		}),
	} {
		client, err := link.Client(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Get(t.Context(), pods, "n", "a", ""); err != nil {
			t.Fatal(err)
		}
		if status, answer := write(t.Context(), client); status != abi.StatusOK {
			t.Fatalf("write: %s %q", status, answer.Message)
		}
	}
	got := server.got(func(r *http.Request) string { return r.Header.Get("Authorization") + ", " + r.UserAgent() })
	want := []string{
		"Bearer host's, wcm/1", "Bearer host's, wcm/1",
		"Bearer host's, wcm/1 plugin", "Bearer host's, wcm/1 plugin",
		"Bearer plugin's, wcm/1 plugin", "Bearer plugin's, wcm/1 plugin",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("credentials and user agents (-want +got):\n%s", diff)
	}
	connections := map[string]bool{}
	for i, connection := range server.got(func(r *http.Request) string { return r.Proto + " " + r.RemoteAddr }) {
		if i < 4 {
			connections[connection] = true
		}
		if !strings.HasPrefix(connection, "HTTP/2") {
			t.Errorf("request %d: got %s, want HTTP/2, which has room for the requests of all plugins", i, connection)
		}
	}
	if len(connections) != 2 {
		t.Errorf("the host and its plugin used %d connections, want one for reads and one for writes", len(connections))
	}
}

type bearer struct{ next http.RoundTripper }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer plugin's")
	return b.next.RoundTrip(r)
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package servicelb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

// cloud is an endpoint that makes load balancers.
type cloud struct {
	*httptest.Server

	mu        sync.Mutex
	balancers map[string]wish // by uid; guarded by mu, as what follows
	asked     []string        // "PUT uid key", in order
	tokens    map[string]bool // that were sent
	next      []reply         // to requests, instead of carrying them out
}

// reply is what the endpoint answers instead.
type reply struct {
	status int
	body   string
	after  string // Retry-After
	lost   bool   // carried out, but the answer does not arrive
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{balancers: map[string]wish{}, tokens: map[string]bool{}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	uid := strings.TrimPrefix(r.URL.Path, "/v1/load-balancers/")
	c.asked = append(c.asked, r.Method+" "+uid+" "+r.Header.Get("Idempotency-Key"))
	c.tokens[r.Header.Get("Authorization")] = true
	if len(c.next) > 0 {
		reply := c.next[0]
		c.next = c.next[1:]
		if reply.lost {
			c.carryOut(httptest.NewRecorder(), r, uid)
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Retry-After", reply.after)
		w.WriteHeader(reply.status)
		_, _ = io.WriteString(w, reply.body)
		return
	}
	c.carryOut(w, r, uid)
}

func (c *cloud) carryOut(w http.ResponseWriter, r *http.Request, uid string) {
	if r.Method == http.MethodDelete {
		delete(c.balancers, uid)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var wanted wish
	if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil || wanted.UID != uid {
		http.Error(w, fmt.Sprintf(`{"message":"bad wish: %v"}`, err), http.StatusBadRequest)
		return
	}
	c.balancers[uid] = wanted
	_, _ = io.WriteString(w, `{"ingress":[{"ip":"203.0.113.9"},{"hostname":"lb.example.com"}]}`)
}

func (c *cloud) settings() string {
	return `{"endpoint":"` + c.URL + `/v1/","authorization":"Bearer secret"}`
}

// env runs the plugin with the endpoint, which it calls by real HTTP.
func (c *cloud) env(t *testing.T, objects ...any) *sdktest.Env {
	t.Helper()
	env := sdktest.New(t, objects...)
	if err := env.Configure(c.settings()); err != nil {
		t.Fatal(err)
	}
	env.OnHTTP = func(r sdk.HTTPRequest) (*sdk.HTTPResponse, error) { return send(t, r) }
	return env
}

func send(t *testing.T, r sdk.HTTPRequest) (*sdk.HTTPResponse, error) {
	request, err := http.NewRequestWithContext(t.Context(), r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	for _, h := range r.Headers {
		request.Header.Set(h.Name, h.Value)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no silent retries
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	answer := &sdk.HTTPResponse{Status: response.StatusCode, Body: body}
	for name := range response.Header {
		answer.Headers = append(answer.Headers, sdk.HTTPHeader{Name: name, Value: response.Header.Get(name)})
	}
	return answer, err
}

const both = "203.0.113.9 lb.example.com"

func TestEndpointLife(t *testing.T) {
	c := newCloud(t)
	env := c.env(t, service("s", "", `,"loadBalancerIP":"203.0.113.9"`))
	settle(t, env)
	o := env.Get("Service", key("s"))
	uid := o.Text("metadata.uid")
	if got := addressesOf(o); got != both {
		t.Errorf("ingress: got %q, want %q", got, both)
	}
	want := wish{
		UID: uid, Namespace: "ns", Name: "s", IPFamilies: []string{"IPv4"}, Addresses: []string{"203.0.113.9"},
		Ports: []Port{{Protocol: "TCP", Port: 80}},
	}
	if diff := cmp.Diff(want, c.balancers[uid]); diff != "" {
		t.Errorf("what the endpoint made (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]bool{"Bearer secret": true}, c.tokens); diff != "" {
		t.Errorf("authorization (-want +got):\n%s", diff)
	}

	env.Patch("Service", key("s"), `{"spec":{"ports":[{"port":443,"protocol":"TCP","nodePort":30443}]}}`)
	settle(t, env)
	if got := c.balancers[uid].Ports; len(got) != 1 || got[0].Port != 443 || got[0].NodePort != 30443 {
		t.Errorf("ports after a change: got %v, want 443 at 30443", got)
	}
	if len(c.asked) != 2 || c.asked[0] == c.asked[1] {
		t.Errorf("requests: got %q, want one for each wish, with keys of their own", c.asked)
	}

	env.Delete("Service", key("s"))
	settle(t, env)
	if len(c.balancers) > 0 || env.Get("Service", key("s")) != nil {
		t.Errorf("after the deletion: balancers %v and service %v, want neither", c.balancers, env.Get("Service", key("s")))
	}
}

func TestEndpointAnswers(t *testing.T) {
	tests := map[string]struct {
		next  []reply
		wait  time.Duration // after which it is done
		want  string
		asked int
	}{
		"Lost":        {next: []reply{{lost: true}}, want: both, asked: 2},
		"Error":       {next: []reply{{status: 500}, {status: 502, body: "<html>"}}, want: both, asked: 3},
		"Pending":     {next: []reply{{status: 202, body: `{"retryAfterSeconds":7}`}}, wait: 7 * time.Second, want: both, asked: 2},
		"PendingHTTP": {next: []reply{{status: 202, after: "3"}}, wait: 3 * time.Second, want: both, asked: 2},
		"Busy":        {next: []reply{{status: 429, after: "60"}}, wait: time.Minute, want: both, asked: 2},
		"Refused":     {next: []reply{{status: 422, body: `{"message":"no such address"}`}}, wait: time.Hour, want: "The endpoint refuses: no such address", asked: 1},
		"NoAnswer":    {next: []reply{{status: 200}}, want: both, asked: 2},
		"NoJSON":      {next: []reply{{status: 200, body: "hello"}}, want: both, asked: 2},
		"OddAddress":  {next: []reply{{status: 200, body: `{"ingress":[{"ip":"x"}]}`}}, want: both, asked: 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			c.next = tt.next
			env := c.env(t, service("s", "", ""))
			settle(t, env)
			if tt.wait > 0 {
				if got := addressesOf(env.Get("Service", key("s"))); got == both {
					t.Errorf("ingress before the wait: got %q", got)
				}
				env.Advance(tt.wait)
				settle(t, env)
			}
			if got := addressesOf(env.Get("Service", key("s"))); got != tt.want {
				t.Errorf("ingress, or the condition's message: got %q, want %q", got, tt.want)
			}
			if len(c.asked) != tt.asked {
				t.Errorf("requests: got %q, want %d", c.asked, tt.asked)
			}
			if name == "Lost" && len(c.asked) == 2 && c.asked[0] != c.asked[1] {
				t.Errorf("requests after a lost answer: got %q, want the same idempotency key", c.asked)
			}
		})
	}
}

// TestEndpointKeepsService: a Service stays until the endpoint has deleted.
func TestEndpointKeepsService(t *testing.T) {
	c := newCloud(t)
	env := c.env(t, service("s", "", ""))
	settle(t, env)
	c.next = []reply{{status: 202, after: "10"}, {status: 404}}
	env.Delete("Service", key("s"))
	settle(t, env)
	if env.Get("Service", key("s")) == nil {
		t.Fatal("the service is gone before its load balancer is")
	}
	env.Advance(10 * time.Second)
	settle(t, env)
	if env.Get("Service", key("s")) != nil {
		t.Error("the service is there after its load balancer is gone")
	}
}

// TestEndpointAway keeps what a Service has while the endpoint is away.
func TestEndpointAway(t *testing.T) {
	c := newCloud(t)
	env := c.env(t, service("s", "", ""))
	settle(t, env)
	c.Close()
	env.Patch("Service", key("s"), `{"spec":{"ports":[{"port":443,"protocol":"TCP"}]}}`)
	if err := env.Settle(); err == nil {
		t.Error("Settle: got no error, want that of the endpoint")
	}
	if got := addressesOf(env.Get("Service", key("s"))); got != both {
		t.Errorf("ingress: got %q, want %q", got, both)
	}
	events := env.Events()
	if last := events[len(events)-1]; last.Reason != "SyncLoadBalancerFailed" {
		t.Errorf("last event: got %v, want SyncLoadBalancerFailed", last)
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/access"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/kube"
)

// crowd is an API server whose writes wait until so many are under way.
type crowd struct {
	api
	together sync.WaitGroup
	made     atomic.Int64
	refuse   string // the name of what is not to be had
}

func (c *crowd) Write(_ context.Context, op abi.Operation, _ kube.Target, w *abi.WriteRequest) ([]byte, error) {
	c.together.Done()
	c.together.Wait()
	if w.Name == c.refuse && c.refuse != "" {
		return nil, fmt.Errorf("%s of %s failed", op, w.Name)
	}
	return fmt.Appendf(nil, `{"kind":"ConfigMap","metadata":{"namespace":%q,"name":"made-%d"}}`, w.Namespace, c.made.Add(1)), nil
}

// safe is a cache that several may tell of their writes.
type safe struct {
	*world
	mu *sync.Mutex
}

func (s safe) Written(object []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world.Written(object)
}

func (s safe) Deleted(namespace, name, uid string, object []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world.Deleted(namespace, name, uid, object)
}

// run performs a batch of a plugin that may create and delete, but not patch,
// behind a gate.
func (c *crowd) run(t *testing.T, w *world, m *abi.BatchRequest) (abi.Status, []byte) {
	t.Helper()
	d := &abi.Description{Resources: []abi.Resource{{
		Version: "v1", Resource: "configmaps", Kind: "ConfigMap", Projection: &record.Shape{Kind: record.Struct}, Writes: []string{"create", "delete"},
	}}}
	gate := &turnstile{inside: true}
	o := access.New(access.Options{
		Plugin: "p", Description: d, Policy: grant.NewPolicy("p", d, grant.Wanted(d)), Caches: []access.Cache{safe{w, &sync.Mutex{}}},
		API: c, Events: events{w}, Metrics: metrics{w}, Leadership: w, Logger: slog.New(slog.DiscardHandler), Gate: gate,
	})
	status, answer := o.Operate(t.Context(), abi.OpBatch, m.Append(nil), nil)
	if !gate.inside || gate.left > 1 {
		t.Errorf("gate: left %d times, is inside: %t; want at most once, and that it is", gate.left, gate.inside)
	}
	return status, answer
}

func results(t *testing.T, status abi.Status, answer []byte) (texts []string) {
	t.Helper()
	var m abi.BatchResult
	if err := m.Decode(answer); err != nil || status != abi.StatusOK {
		t.Fatalf("got %s %q (%v), want a BatchResult", status, answer, err)
	}
	for _, r := range m.Results {
		texts = append(texts, fmt.Sprintf("%s %q", r.Status, r.Result))
	}
	return texts
}

// TestBatchIsSideBySide would not end if one write waited for another.
func TestBatchIsSideBySide(t *testing.T) {
	c, w := &crowd{}, &world{}
	c.together.Add(32)
	m := &abi.BatchRequest{Operation: "create", Writes: []abi.WriteRequest{{Namespace: "n", Body: []byte(`{"metadata":{"generateName":"a-"}}`)}}, Copies: 32}
	status, answer := c.run(t, w, m)
	got := results(t, status, answer)
	for i := range 32 {
		if name := fmt.Sprintf("made-%d\\x00", i+1); !strings.Contains(strings.Join(got, "\n"), name) {
			t.Errorf("results: %v lack %s", got, name)
		}
	}
	if len(got) != 32 || len(w.written) != 32 {
		t.Errorf("got %d results and %d objects in the cache, want 32", len(got), len(w.written))
	}
}

// TestBatchFailsInParts: what one write comes to does not touch another, and
// stands in the place of the write.
func TestBatchFailsInParts(t *testing.T) {
	c, w := &crowd{refuse: "b"}, &world{}
	c.together.Add(2)
	m := &abi.BatchRequest{Operation: "delete", Writes: []abi.WriteRequest{
		{Namespace: "n", Name: "a"}, {Namespace: "n", Name: "b"}, {Resource: 7, Name: "c"},
	}}
	status, answer := c.run(t, w, m)
	got := results(t, status, answer)
	if len(got) != 3 || got[0] != `ok ""` || !strings.Contains(got[1], "delete of b failed") || !strings.Contains(got[2], "bad_request") {
		t.Errorf("results: got %q", got)
	}
}

func TestBatchIsRefused(t *testing.T) {
	for reason, c := range map[string]struct {
		m    abi.BatchRequest
		want string
	}{
		"an operation that only reads": {abi.BatchRequest{Operation: "get"}, `"get" is no write`},
		"none":                         {abi.BatchRequest{}, `"" is no write`},
		"too many copies":              {abi.BatchRequest{Operation: "create", Writes: make([]abi.WriteRequest, 2), Copies: 501}, "2 writes, 501 times"},
		"very many":                    {abi.BatchRequest{Operation: "create", Writes: make([]abi.WriteRequest, 1), Copies: 1<<32 - 1}, "expected at most 1000"},
	} {
		status, answer := (&crowd{}).run(t, &world{}, &c.m)
		if status != abi.StatusBadRequest || !strings.Contains(string(answer), c.want) {
			t.Errorf("%s: got %s %q, want bad_request %q", reason, status, answer, c.want)
		}
	}
	denied := &abi.BatchRequest{Operation: "patch", Writes: []abi.WriteRequest{{Namespace: "n", Name: "a", Body: []byte("{}")}}, Copies: 2}
	status, answer := (&crowd{}).run(t, &world{}, denied)
	got := results(t, status, answer)
	if len(got) != 2 || !strings.HasPrefix(got[0], "denied") || got[0] != got[1] {
		t.Errorf("a write that is not granted: got %q, want it denied twice", got)
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/graph"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server has, under each plural name, so many objects, each owned by the first of
// "owners"; of an object that is to come it tells in a watch.
func server(t testing.TB, counts map[string]int, events chan string) *rest.Config {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resource := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Get("watch") == "" {
			_, _ = io.WriteString(w, `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"10"},"items":[`)
			for i := range counts[resource] {
				_, _ = io.WriteString(w, map[bool]string{true: ","}[i > 0]+object(resource, i, 1))
			}
			_, _ = io.WriteString(w, `]}`)
			return
		}
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		for resource == "children" {
			select {
			case event := <-events:
				_, _ = io.WriteString(w, event+"\n")
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				return
			}
		}
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	return &rest.Config{Host: s.URL}
}

func object(resource string, i, version int) string {
	return fmt.Sprintf(`{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"namespace":"default","name":"%s-7c9b8d6f5-%05d","uid":"%s","resourceVersion":"%d","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-7c9b8d6f5","uid":"%s","controller":true,"blockOwnerDeletion":true}]}}`,
		resource, i, uid(resource, i), version, uid("owners", i/50))
}

func uid(resource string, i int) string {
	return fmt.Sprintf("00000000-0000-4000-8%03d-%012d", len(resource), i)
}

func shape(t testing.TB) *record.Shape {
	s, err := record.ParseShape("{metadata{deletionTimestamp time,finalizers list<string>,ownerReferences list<{apiVersion string,blockOwnerDeletion bool,controller bool,kind string,name string,uid string}>}}")
	if err != nil {
		t.Fatal(err)
	}
	s = s.Canonical()
	return &s
}

// stage is a graph that follows what the test says is served.
type stage struct {
	*graph.Graph
	served chan *abi.Discovery
}

func follow(t testing.TB, config *rest.Config) *stage {
	logger := slog.New(slog.DiscardHandler)
	set, projection := store.NewSet(store.Options{Config: config, Logger: logger, ListOnly: true}), shape(t)
	reader, err := graph.NewReader(projection)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{served: make(chan *abi.Discovery)}
	s.Graph = graph.New(graph.Options{Reader: reader, Logger: logger, Open: func(r *abi.APIResource) (*store.View, error) {
		return set.Open(store.ViewOptions{
			Resource: schema.GroupVersionResource{Group: r.Group, Version: r.Version, Resource: r.Resource},
			Kind:     r.Kind, Namespaced: r.Namespaced, Projection: projection,
		})
	}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { _ = set.Run(ctx); done <- struct{}{} }()
	go func() {
		s.Follow(ctx, func(ctx context.Context) (*abi.Discovery, error) {
			select {
			case d := <-s.served:
				return d, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
		done <- struct{}{}
	}()
	t.Cleanup(func() { cancel(); <-done; <-done })
	return s
}

func resource(group, name string, verbs ...string) abi.APIResource {
	if verbs == nil {
		verbs = []string{"delete", "get", "list", "watch"}
	}
	return abi.APIResource{Group: group, Version: "v1", Resource: name, Kind: name, Verbs: verbs, Preferred: true}
}

// until waits for a condition.
func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	hosttest.Eventually(t, func() string {
		if !condition() {
			return "not yet: " + what
		}
		return ""
	})
}

func TestFollow(t *testing.T) {
	events := make(chan string)
	s := follow(t, server(t, map[string]int{"owners": 1, "children": 3, "events": 5, "readonly": 5}, events))
	if s.Ready() == nil {
		t.Error("ready before the first look")
	}
	s.served <- &abi.Discovery{Resources: []abi.APIResource{
		resource("", "owners"), resource("", "children"), resource("", "events"), resource("", "readonly", "get", "list", "watch"),
	}}
	until(t, "the caches are filled", func() bool { return s.Ready() == nil })
	if s.Size() != 4 {
		t.Errorf("there are %d objects, want 4: of resources that can be watched and deleted, but events", s.Size())
	}
	count := func(find func(string, graph.Visit) error, uid string) (n int) {
		err := find(uid, func(target *abi.Target, rec []byte) {
			if _, _, _, _, _, err := record.CutHeader(rec); err != nil || target.Resource == "" {
				t.Errorf("visit %s %x: %v", target, rec, err)
			}
			n++
		})
		if err != nil {
			t.Errorf("look for %s: %v", uid, err)
		}
		return n
	}
	if got := count(s.Dependents, uid("owners", 0)); got != 4 { // itself, too
		t.Errorf("the owner has %d dependents, want 4", got)
	}
	if count(s.Find, uid("children", 2)) != 1 || count(s.Find, uid("children", 3)) != 0 {
		t.Error("a child that is there is not found, or one that is not there is")
	}
	events <- `{"type":"ADDED","object":` + object("children", 3, 11) + `}`
	until(t, "a child comes", func() bool { return count(s.Find, uid("children", 3)) == 1 })
	events <- `{"type":"DELETED","object":` + object("children", 3, 12) + `}`
	until(t, "it goes", func() bool { return count(s.Find, uid("children", 3)) == 0 })
	if problems := errors.Join(s.Problems()...); problems != nil {
		t.Errorf("problems: %v", problems)
	}
}

// TestFollowLoose has a watcher of what is loose come when the caches are filled:
// of the objects that are there, and of one that comes, those whose reference to the
// owner has another name than the owner are loose.
func TestFollowLoose(t *testing.T) {
	events := make(chan string)
	s := follow(t, server(t, map[string]int{"owners": 1, "children": 3}, events))
	owners := resource("apps", "owners")
	owners.Kind = "ReplicaSet"
	s.served <- &abi.Discovery{Resources: []abi.APIResource{owners, resource("", "children")}}
	until(t, "the caches are filled", func() bool { return s.Ready() == nil })
	woken := make(chan string, 100)
	defer s.Watch(graph.WatchOptions{LooseOnly: true, Handler: func(wakes []graph.Wakes) {
		for _, w := range wakes {
			woken <- fmt.Sprint(w.UID, w.Initial)
		}
	}})()
	named := func(i, version int) string {
		return strings.Replace(object("children", i, version), "web-7c9b8d6f5", "owners-7c9b8d6f5-00000", 1)
	}
	events <- `{"type":"MODIFIED","object":` + named(0, 11) + `}`
	events <- `{"type":"ADDED","object":` + named(3, 12) + `}`
	events <- `{"type":"ADDED","object":` + object("children", 4, 13) + `}`
	want := map[string]bool{uid("children", 4) + "false": true, uid("owners", 0) + "true": true}
	for i := range 3 {
		want[uid("children", i)+"true"] = true
	}
	for range len(want) {
		if got := <-woken; !want[got] {
			t.Errorf("woken is %s, want what is loose", got)
		}
	}
	defer s.Watch(graph.WatchOptions{LooseOnly: true, Handler: func(wakes []graph.Wakes) {
		if len(wakes) != 4 { // the owner, which names itself wrongly, and three children
			t.Errorf("who watches later is told of %d objects, want 4", len(wakes))
		}
	}})()
}

// TestMemory measures what 20,000 objects take, each with an owner: the records and
// their table, and the graph.
func TestMemory(t *testing.T) {
	const objects = 20_000
	before := heap()
	s := follow(t, server(t, map[string]int{"children": objects}, nil))
	s.served <- &abi.Discovery{Resources: []abi.APIResource{resource("", "children")}}
	until(t, "the caches are filled", func() bool { return s.Ready() == nil && s.Size() == objects })
	each := (heap() - before) / objects
	t.Logf("%d bytes for each object", each)
	if each > 1000 {
		t.Errorf("an object takes %d bytes, want less than 1000", each)
	}
	runtime.KeepAlive(s)
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

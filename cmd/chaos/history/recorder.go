// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// Recorder writes the history of a cluster down. It outlives interruptions of
// the API server. Its methods may be called from anywhere.
type Recorder struct {
	mu      sync.Mutex
	entries []Entry // guarded by mu
}

// Entries returns a copy of what was recorded up to now.
func (r *Recorder) Entries() []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.entries)
}

// Len is the number of entries.
func (r *Recorder) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.entries)
}

// Save writes what was recorded to a file, for who wants to know how something
// came about: a line of JSON for each entry.
func (r *Recorder) Save(file string) error {
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	for _, e := range r.Entries() {
		if err := lines.Encode(e); err != nil {
			return err
		}
	}
	return os.WriteFile(file, text.Bytes(), 0o600)
}

func (r *Recorder) add(e Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, e)
}

// Run records until ctx ends.
func (r *Recorder) Run(ctx context.Context, client kubernetes.Interface) {
	core, apps := client.CoreV1().RESTClient(), client.AppsV1().RESTClient()
	var all sync.WaitGroup
	for _, s := range []stream{
		{r, Pod, cache.NewListWatchFromClient(core, "pods", metav1.NamespaceAll, fields.Everything())},
		{r, ReplicationController, cache.NewListWatchFromClient(core, "replicationcontrollers", metav1.NamespaceAll, fields.Everything())},
		{r, ReplicaSet, cache.NewListWatchFromClient(apps, "replicasets", metav1.NamespaceAll, fields.Everything())},
		{r, Deployment, cache.NewListWatchFromClient(apps, "deployments", metav1.NamespaceAll, fields.Everything())},
	} {
		all.Go(func() { s.run(ctx) }) // ends with ctx
	}
	all.Wait()
}

// stream records one kind.
type stream struct {
	recorder *Recorder
	kind     Kind
	source   *cache.ListWatch
}

// retryAfter is between two attempts to reach the API server.
const retryAfter = 100 * time.Millisecond

func (s stream) run(ctx context.Context) {
	revision := int64(0) // everything up to it is recorded; 0: nothing
	for ctx.Err() == nil {
		var err error
		if revision, err = s.follow(ctx, revision); err == nil {
			continue // a watch that ended is gone on with
		}
		if next, err := s.list(ctx, revision); err == nil {
			revision = next
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryAfter):
		}
	}
}

// follow watches from a revision on, and returns the last one that it has seen.
// After an error the watch cannot be gone on with.
func (s stream) follow(ctx context.Context, revision int64) (int64, error) {
	if revision == 0 {
		return 0, fmt.Errorf("%s: nothing is known yet", s.kind)
	}
	w, err := s.source.WatchWithContext(ctx, metav1.ListOptions{ResourceVersion: strconv.FormatInt(revision, 10), AllowWatchBookmarks: true})
	if err != nil {
		return revision, err
	}
	defer w.Stop()
	for event := range w.ResultChan() {
		e, err := s.entry(event)
		if err != nil {
			return revision, err
		}
		if event.Type != watch.Bookmark {
			s.recorder.add(e)
		}
		revision = e.Revision
	}
	return revision, nil
}

func (s stream) entry(event watch.Event) (Entry, error) {
	if event.Type == watch.Error {
		return Entry{}, fmt.Errorf("watch: %v", event.Object)
	}
	revision, err := revisionOf(event.Object)
	if err != nil {
		return Entry{}, err
	}
	o, err := objectOf(event.Object)
	return Entry{Kind: s.kind, Revision: revision, Objects: []Object{o}, Gone: event.Type == watch.Deleted}, err
}

// list records everything there is, and returns the revision of the list.
func (s stream) list(ctx context.Context, since int64) (int64, error) {
	list, err := s.source.ListWithContext(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, err
	}
	accessor, err := meta.ListAccessor(list)
	if err != nil {
		return 0, err
	}
	e := Entry{Kind: s.kind, All: true, Since: since}
	if e.Revision, err = strconv.ParseInt(accessor.GetResourceVersion(), 10, 64); err != nil {
		return 0, err
	}
	err = meta.EachListItem(list, func(item runtime.Object) error {
		o, err := objectOf(item)
		e.Objects = append(e.Objects, o)
		return err
	})
	if err != nil {
		return 0, err
	}
	s.recorder.add(e)
	return e.Revision, nil
}

func revisionOf(object runtime.Object) (int64, error) {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(accessor.GetResourceVersion(), 10, 64)
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record/recordjson"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// Guest is a running copy of the plugin: an [sdk.Instance], or an instance of
// a wasm module.
type Guest interface {
	Describe(ctx context.Context) (*abi.Description, error)
	Configure(ctx context.Context, c abi.Configuration) error
	Reconcile(ctx context.Context, r abi.Request) (abi.Outcome, error)
	Map(ctx context.Context, c abi.Change) ([]abi.Request, error)
}

// Env is a plugin and the API server that it talks to.
type Env struct {
	// OnHTTP is every server that the plugin calls. An error fails the request,
	// as in OnOperation; nil: nothing is reached. It must not call methods of Env.
	OnHTTP func(sdk.HTTPRequest) (*sdk.HTTPResponse, error)
	// OnOperation, if set, is called before each get, list, write and sign. An error
	// fails the operation: an [*sdk.APIError] with its status, another one
	// with an internal error. It may change objects, as somebody else would in
	// the last moment.
	OnOperation func(Operation) error
	// Undiscovered are group versions whose server does not answer discovery.
	Undiscovered []string
	// LogLevel is the least level that is kept; New sets LevelDebug.
	LogLevel abi.Level

	t           testing.TB
	guest       Guest
	description *abi.Description
	queue       queue

	mu      sync.Mutex // guards what follows against operations
	now     time.Time
	store   store
	served  []sdk.APIResource
	graph   graph
	writes  []Operation
	events  []Event
	logs    []Log
	metrics map[string]float64
}

// New returns an environment for the plugin that this test program contains,
// with objects to begin with. An object is JSON text, a map, or a struct that
// has apiVersion and kind. The clock shows the first second of 2030.
func New(t testing.TB, objects ...any) *Env {
	t.Helper()
	return NewFor(t, func(operator abi.Operator, now func() time.Time) Guest {
		return sdk.NewInstance(operator, now)
	}, objects...)
}

// NewFor is [New] for a plugin that start runs, in a wasm module for example,
// with its operations answered by operator and its clock set by now.
func NewFor(t testing.TB, start func(operator abi.Operator, now func() time.Time) Guest, objects ...any) *Env {
	t.Helper()
	e := &Env{t: t, LogLevel: abi.LevelDebug, metrics: map[string]float64{}, now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	e.graph.gone = map[string]vertex{}
	e.store = store{clock: func() time.Time { return e.now }, objects: map[string]map[sdk.Key]*stored{}}
	e.guest = start(e, e.Now)
	var err error
	if e.description, err = e.guest.Describe(t.Context()); err != nil {
		t.Fatalf("describe the plugin: %v", err)
	}
	for _, o := range objects {
		e.Add(o)
	}
	return e
}

// Context returns a context with which the plugin's resources, settings and
// clock work as in a reconcile, for tests of single functions. It is there
// for plugins in this process only.
func (e *Env) Context() context.Context {
	e.t.Helper()
	instance, ok := e.guest.(*sdk.Instance)
	if !ok {
		e.t.Fatal("the plugin does not run in this process, so it has no context here")
	}
	return instance.Context(e.t.Context())
}

// Configure gives the plugin its settings, a JSON object. The error is why it
// does not like them.
func (e *Env) Configure(settings any) error {
	e.t.Helper()
	o, err := parse(settings)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	c := abi.Configuration{Plugin: e.description.Name}
	if e.description.Settings != nil {
		if c.Settings, err = recordjson.BodyFromJSON(e.description.Settings, []byte(o.JSON())); err != nil {
			return fmt.Errorf("settings: %w", err)
		}
	} else if len(o) > 0 {
		return errors.New("settings: the plugin takes none")
	}
	return e.guest.Configure(e.t.Context(), c)
}

// Now returns what the clock shows.
func (e *Env) Now() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now
}

// Advance moves the clock. Keys whose RequeueAfter has passed are reconciled
// by the next Settle.
func (e *Env) Advance(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now = e.now.Add(d)
}

// Description returns what the plugin says of itself.
func (e *Env) Description() *abi.Description { return e.description }

// Add stores an object as somebody else would create it. What is missing is
// filled in; a status stays.
func (e *Env) Add(object any) Object {
	e.t.Helper()
	o, err := parse(object)
	if err != nil {
		e.t.Fatalf("Add: %v", err)
	}
	r := e.kind(o.Text("kind"))
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.store.prepare(r, o); err != nil {
		e.t.Fatalf("Add %s %s: %v", r.Kind, o.Key(), err)
	}
	e.store.create(r, o)
	return o.clone()
}

// Get returns an object, nil if there is none.
func (e *Env) Get(kind string, key sdk.Key) Object {
	e.t.Helper()
	r := e.kind(kind)
	e.mu.Lock()
	defer e.mu.Unlock()
	if o := e.store.get(r, key); o != nil {
		return o.clone()
	}
	return nil
}

// List returns the objects of a kind, ascending by namespace and name.
func (e *Env) List(kind string) []Object {
	e.t.Helper()
	r := e.kind(kind)
	e.mu.Lock()
	defer e.mu.Unlock()
	var objects []Object
	for _, o := range e.store.list(r) {
		objects = append(objects, o.clone())
	}
	return objects
}

// Patch merges JSON into an object, status and metadata included, as somebody
// else would change it.
func (e *Env) Patch(kind string, key sdk.Key, change any) Object {
	e.t.Helper()
	r := e.kind(kind)
	patch, err := parse(change)
	if err != nil {
		e.t.Fatalf("Patch: %v", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	old := e.store.get(r, key)
	if old == nil {
		e.t.Fatalf("Patch: there is no %s %s", kind, key)
	}
	o := Object(merge(map[string]any(old.clone()), map[string]any(patch)).(map[string]any))
	e.store.update(r, old, o)
	return o.clone()
}

// Delete deletes an object as somebody else would: with finalizers, or a node
// that runs it, it stays and is being deleted. With a propagation policy it gets
// the finalizer of that, which a garbage collector takes away.
func (e *Env) Delete(kind string, key sdk.Key, policy ...sdk.Propagation) {
	e.t.Helper()
	e.remove(kind, key, nil, policy...)
}

// Kill deletes an object without a grace period, as a node does when a pod has
// ended.
func (e *Env) Kill(kind string, key sdk.Key) {
	e.t.Helper()
	e.remove(kind, key, new(uint32))
}

func (e *Env) remove(kind string, key sdk.Key, grace *uint32, policy ...sdk.Propagation) {
	e.t.Helper()
	r := e.kind(kind)
	e.mu.Lock()
	defer e.mu.Unlock()
	old := e.store.get(r, key)
	if old == nil {
		e.t.Fatalf("Delete: there is no %s %s", kind, key)
	}
	e.store.delete(r, old, grace, slices.Concat(policy, []sdk.Propagation{abi.PropagationDefault})[0])
}

// kind returns the resource of a kind; the plugin must have declared it.
func (e *Env) kind(kind string) *abi.Resource {
	e.t.Helper()
	for i := range e.description.Resources {
		if r := &e.description.Resources[i]; r.Kind == kind {
			return r
		}
	}
	for i := range e.served {
		if e.served[i].Kind == kind {
			return resourceOf(&e.served[i])
		}
	}
	e.t.Fatalf("the plugin declares no resource of kind %q, and none is served", kind)
	return nil
}

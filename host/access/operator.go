// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package access answers the operations of one plugin: reads from the caches,
// writes through the API server, events, logs and metrics, requests to other
// servers, signatures.
//
// It is the one place where a plugin's requests meet the world, and so the
// place that decides what the plugin may do. It does not know guests or wasm;
// package guest calls it through [abi.Operator]. An [Operator] is safe for
// concurrent use by all instances of its plugin.
package access

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/graph"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/limit"
	"github.com/wasm-controller-manager/wcm/host/project"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// Cache is what the operator needs of a plugin's window on a cached resource.
type Cache interface {
	// Synced reports whether the cache is filled; Problem says why it is not,
	// as far as known.
	Synced() bool
	Problem() error
	AppendGet(buffer []byte, namespace, name string) ([]byte, bool)
	List(query store.ListQuery, visit func(rec []byte) bool) error
	// CurrentVersion returns the version of the cached object, whether the
	// object is cached, and whether its projected bytes are still those of
	// the observed version.
	CurrentVersion(namespace, name string, observed uint64) (current uint64, unchanged, exists bool)
	// Written and Deleted make reads include a write that succeeded.
	Written(object []byte) error
	Deleted(namespace, name, uid string, object []byte) error
}

// Graph is what the operator needs of the objects of all resources.
type Graph interface {
	// Find visits the object of a uid, Dependents those that name it as an owner.
	// The error says why objects may be missing.
	Find(uid string, visit graph.Visit) error
	Dependents(uid string, visit graph.Visit) error
}

// API is what the operator needs of the API server.
type API interface {
	Get(ctx context.Context, t kube.Target, namespace, name, subresource string) ([]byte, error)
	List(ctx context.Context, t kube.Target, o kube.ListOptions) ([]byte, error)
	Write(ctx context.Context, op abi.Operation, t kube.Target, w *abi.WriteRequest) ([]byte, error)
}

// Events records events about objects.
type Events interface {
	Record(t kube.Target, event *abi.Event)
}

// Metrics takes the metrics that the plugin defines.
type Metrics interface {
	// Record changes one series. The error is a limit.ErrExceeded if the
	// series would be one too many.
	Record(m *abi.Metric) error
}

// Leadership says whether this process may write.
type Leadership interface {
	// CanWrite returns nil, or why a write now might be another leader's business.
	CanWrite() error
}

// Options are the parts of an [Operator]. All but GuestLogger, Limits
// and Gate are required.
type Options struct {
	Plugin      string
	Description *abi.Description
	// Policy is what the plugin may do.
	Policy *grant.Policy
	// Caches has one entry for each resource of the description, nil where
	// the description has no projection.
	Caches  []Cache
	API     API
	Events  Events
	Metrics Metrics
	Outside Outside
	Signer  Signer
	// Graph is any resource, if the description watches it; else nil.
	Graph Graph
	// Discover returns what the API server serves, asking it now if live is set.
	// The result is not changed.
	Discover   func(ctx context.Context, live bool) (*abi.Discovery, error)
	Leadership Leadership
	// Logger is for lines of the host about the plugin.
	Logger *slog.Logger
	// GuestLogger is for what the plugin logs; nil: Logger.
	GuestLogger *slog.Logger
	Limits      Limits
	// Gate is what the plugin's guests go through; nil: there is none.
	Gate Gate
}

// Operator implements [abi.Operator] for one plugin.
type Operator struct {
	Options
	resources []resource
	direct    API // without the gate
	denials   denials
	lines     *slog.Logger // for what the guest logs
}

// resource is one resource of the description, ready for use.
type resource struct {
	target  kube.Target
	name    string // "apps/v1/replicasets", for messages
	cache   Cache  // nil: not read from a cache
	extract *project.JSON
	// of is what the request says that the resource is, where the description
	// has any; nil where it has one.
	of *abi.Target
}

// New returns an operator. It does no I/O.
func New(o Options) *Operator {
	if o.Limits.LineSize == 0 {
		o.Limits.LineSize = defaultLineSize
	}
	direct := o.API
	if o.Gate != nil {
		o.API, o.Outside = awayAPI{o.API, o.Gate}, awayOutside{o.Outside, o.Gate}
		o.Discover = awayDiscover(o.Discover, o.Gate)
	}
	operator := &Operator{
		Options: o,
		direct:  direct,
		lines:   slog.New(limit.NewHandler(cmp.Or(o.GuestLogger, o.Logger).Handler(), nil, o.Limits.LineSize)),
	}
	for i := range o.Description.Resources {
		d := &o.Description.Resources[i]
		r := resource{target: kube.TargetOf(d), name: d.String()}
		if d.Projection != nil {
			r.extract = project.NewJSON(d.Projection)
		}
		if d.Cached() {
			r.cache = o.Caches[i]
		}
		if d.Any() {
			r.target.Metadata = metadataOnly(d.Projection)
		}
		operator.resources = append(operator.resources, r)
	}
	return operator
}

// Operate performs one operation; see [abi.Operator].
func (o *Operator) Operate(ctx context.Context, op abi.Operation, request, buffer []byte) (abi.Status, []byte) {
	if err := ctx.Err(); err != nil {
		return fail(buffer, abi.StatusCanceled, context.Cause(ctx).Error())
	}
	switch op {
	case abi.OpGet:
		return o.get(ctx, request, buffer)
	case abi.OpList:
		return o.list(ctx, request, buffer)
	case abi.OpEvent:
		return o.event(ctx, request, buffer)
	case abi.OpLog:
		return o.log(ctx, request, buffer)
	case abi.OpMetric:
		return o.metric(request, buffer)
	case abi.OpHTTP:
		return o.http(ctx, request, buffer)
	case abi.OpSign:
		return o.sign(ctx, request, buffer)
	case abi.OpDiscover:
		return o.discover(ctx, request, buffer)
	case abi.OpBatch:
		return o.batch(ctx, request, buffer)
	}
	if op.Write() {
		return o.write(ctx, op, request, buffer)
	}
	return fail(buffer, abi.StatusUnsupported, "the host has no operation "+op.String())
}

// resource finds the resource that a request names by its index, and by a
// target if the description has any resource there.
func (o *Operator) resource(index uint32, target *abi.Target, subresource string) (*resource, error) {
	if int(index) >= len(o.resources) {
		return nil, fmt.Errorf("resource %d: the description has %d", index, len(o.resources))
	}
	r, named := &o.resources[index], *target != abi.Target{}
	switch {
	case !o.Description.Resources[index].Any():
		if named {
			return nil, fmt.Errorf("resource %d is %s: the request names a target, which is for any resource", index, r.name)
		}
		return r, nil
	case !named:
		return nil, fmt.Errorf("resource %d is any resource: the request names no target", index)
	}
	if err := grant.CheckResource(target, subresource); err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	of := *r
	of.of, of.name = target, target.String()
	of.target.Group, of.target.Version, of.target.Resource, of.target.Kind = target.Group, target.Version, target.Resource, target.Kind
	return &of, nil
}

// notReady returns why the resource cannot be read from the cache now, nil if
// it can.
func (r *resource) notReady() error {
	if r.cache.Synced() {
		return nil
	}
	if problem := r.cache.Problem(); problem != nil {
		return problem
	}
	return fmt.Errorf("the cache of %s is not filled yet", r.name)
}

// fail appends an error result.
func fail(buffer []byte, status abi.Status, message string) (abi.Status, []byte) {
	answer := abi.Error{Message: message}
	return status, answer.Append(buffer)
}

func (o *Operator) event(ctx context.Context, request, buffer []byte) (abi.Status, []byte) {
	if err := tooLong(abi.OpEvent, request); err != nil {
		return fail(buffer, abi.StatusTooLarge, err.Error())
	}
	var event abi.Event
	if err := event.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	r, err := o.resource(event.Resource, &event.Target, "")
	if err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	if r.target.Kind == "" {
		return fail(buffer, abi.StatusBadRequest, "event: the target has no kind")
	}
	if event.Reason == "" || event.Name == "" {
		return fail(buffer, abi.StatusBadRequest, "event: reason and name must be set")
	}
	if err := grant.CheckTarget(event.Namespace, event.Name, ""); err != nil {
		return fail(buffer, abi.StatusBadRequest, "event: "+err.Error())
	}
	object := grant.Object{Resource: event.Resource, Target: r.of, Namespace: event.Namespace, Name: event.Name}
	if err := o.Policy.AllowEvent(object); err != nil {
		return o.deny(ctx, buffer, abi.OpEvent, r.name, err)
	}
	if event.Source == "" {
		event.Source = o.Plugin
	}
	if err := fitEvent(&event); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	if o.Limits.Events.Pass(1) {
		o.Events.Record(r.target, &event)
	}
	return abi.StatusOK, buffer
}

func (o *Operator) metric(request, buffer []byte) (abi.Status, []byte) {
	if err := tooLong(abi.OpMetric, request); err != nil {
		return fail(buffer, abi.StatusTooLarge, err.Error())
	}
	var m abi.Metric
	if err := m.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	err := o.Metrics.Record(&m)
	switch {
	case errors.Is(err, limit.ErrExceeded):
		o.Limits.Series.Dropped()
		return fail(buffer, abi.StatusTooLarge, err.Error())
	case err != nil:
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	return abi.StatusOK, buffer
}

// project appends what a guest gets of an object: its record in the
// resource's projection, or its JSON if the resource has none.
func (r *resource) project(buffer, object []byte) (abi.Status, []byte) {
	if r.extract == nil {
		return abi.StatusOK, append(buffer, object...)
	}
	answer, err := r.extract.Append(buffer, object)
	if _, odd := errors.AsType[*record.MismatchError](err); odd {
		return abi.StatusOK, answer // whole: the odd value counts as absent, as it does in the cache
	}
	if err != nil {
		return fail(buffer, abi.StatusInternal, fmt.Sprintf("answer of the API server for %s: %v", r.name, err))
	}
	return abi.StatusOK, answer
}

// isKind reports whether the object is of the resource's own kind; a
// subresource may answer with another (Scale, Status).
func (r *resource) isKind(object []byte) bool { return kindOf(object) == r.target.Kind }

// kindOf returns the kind of an object, "" if it has none. API servers write
// it first, so that of a large object next to nothing is read.
func kindOf(object []byte) string {
	if rest, first := bytes.CutPrefix(object, []byte(`{"kind":"`)); first {
		if end := bytes.IndexAny(rest, `"\\`); end >= 0 && rest[end] == '"' {
			return string(rest[:end])
		}
	}
	d := json.NewDecoder(bytes.NewReader(object))
	if brace, err := d.Token(); err != nil || brace != json.Delim('{') {
		return ""
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return ""
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return ""
		}
		var kind string
		if name == "kind" && json.Unmarshal(value, &kind) == nil {
			return kind
		}
	}
	return ""
}

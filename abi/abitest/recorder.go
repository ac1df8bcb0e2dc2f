// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abitest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
)

// recorder answers the operations of a guest and notes those that are wrong.
// An object either exists nowhere, or everywhere and is large. Nothing can be
// written, called outside or signed.
type recorder struct {
	description *abi.Description
	size        int // of an object's uid; 0: there are no objects
	problems    []string
}

// largeSize makes every result larger than what a guest has ready for it.
const largeSize = 4 << 20

func (r *recorder) problem(format string, args ...any) {
	if len(r.problems) < 10 {
		r.problems = append(r.problems, fmt.Sprintf(format, args...))
	}
}

// LogEnabled is true, so that guests do what logging takes.
func (r *recorder) LogEnabled(context.Context, abi.Level) bool { return true }

// Operate checks the request as far as a host can without a cluster.
func (r *recorder) Operate(_ context.Context, op abi.Operation, request, buffer []byte) (abi.Status, []byte) {
	switch op {
	case abi.OpGet:
		var m abi.GetRequest
		if err := m.Decode(request); err != nil {
			return r.malformed(op, err, buffer)
		}
		return r.get(&m, buffer)
	case abi.OpList:
		var m abi.ListRequest
		if err := m.Decode(request); err != nil {
			return r.malformed(op, err, buffer)
		}
		return r.list(&m, buffer)
	case abi.OpEvent:
		return r.observe(op, request, buffer, &abi.Event{})
	case abi.OpLog:
		return r.observe(op, request, buffer, &abi.Log{})
	case abi.OpMetric:
		return r.observe(op, request, buffer, &abi.Metric{})
	case abi.OpHTTP:
		if len(r.description.HTTP) == 0 {
			r.problem("http: the description asks for no server")
		}
		return r.refuse(op, request, buffer, &abi.HTTPRequest{})
	case abi.OpSign:
		return r.sign(request, buffer)
	case abi.OpDiscover:
		if !r.description.Discover {
			r.problem("discover: the description does not ask for it")
		}
		return r.refuse(op, request, buffer, &abi.DiscoverRequest{})
	}
	if op == abi.OpBatch {
		return r.batch(request, buffer)
	}
	var m abi.WriteRequest
	status, result := r.refuse(op, request, buffer, &m)
	if status != abi.StatusBadRequest {
		r.wanted(op, r.resource(op, m.Resource), m.Subresource)
	}
	return status, result
}

// batch refuses each write by itself, so that guests do what a part that failed takes.
func (r *recorder) batch(request, buffer []byte) (abi.Status, []byte) {
	var m abi.BatchRequest
	if err := m.Decode(request); err != nil {
		return r.malformed(abi.OpBatch, err, buffer)
	}
	op, found := abi.WriteNamed(m.Operation)
	copies := max(1, int(m.Copies))
	if !found || len(m.Writes) > abi.MaxBatch/copies {
		return r.malformed(abi.OpBatch, fmt.Errorf("%d times %d writes %q, expected a write, and at most %d of them", copies, len(m.Writes), m.Operation, abi.MaxBatch), buffer)
	}
	var result abi.BatchResult
	for i := range m.Writes {
		r.wanted(op, r.resource(op, m.Writes[i].Resource), m.Writes[i].Subresource)
		for range copies {
			e := abi.Error{Message: "no", Reason: "Forbidden"}
			result.Results = append(result.Results, abi.WriteResult{Status: abi.StatusForbidden, Result: e.Append(nil)})
		}
	}
	return abi.StatusOK, result.Append(buffer)
}

func (r *recorder) sign(request, buffer []byte) (abi.Status, []byte) {
	var m abi.SignRequest
	status, result := r.refuse(abi.OpSign, request, buffer, &m)
	if status != abi.StatusBadRequest && !slices.Contains(r.description.Sign, m.Key) {
		r.problem("sign: the description does not ask for the key %q", m.Key)
	}
	return status, result
}

// refuse decodes a request and answers that nobody may do this.
func (r *recorder) refuse(op abi.Operation, request, buffer []byte, m message) (abi.Status, []byte) {
	if err := m.Decode(request); err != nil {
		return r.malformed(op, err, buffer)
	}
	e := abi.Error{Message: strings.Repeat("no ", 1+r.size/3), Reason: "Forbidden"}
	return abi.StatusForbidden, e.Append(buffer)
}

func (r *recorder) malformed(op abi.Operation, err error, buffer []byte) (abi.Status, []byte) {
	r.problem("%s: %v", op, err)
	e := abi.Error{Message: err.Error()}
	return abi.StatusBadRequest, e.Append(buffer)
}

func (r *recorder) observe(op abi.Operation, request, buffer []byte, m message) (abi.Status, []byte) {
	if err := m.Decode(request); err != nil {
		return r.malformed(op, err, buffer)
	}
	return abi.StatusOK, buffer
}

// resource returns the described resource of an index, or nil.
func (r *recorder) resource(op abi.Operation, index uint32) *abi.Resource {
	if int(index) >= len(r.description.Resources) {
		r.problem("%s: field resource: index %d, the description has %d", op, index, len(r.description.Resources))
		return nil
	}
	return &r.description.Resources[index]
}

// wanted notes an operation that the description does not ask for: a host
// denies it.
func (r *recorder) wanted(op abi.Operation, resource *abi.Resource, subresource string) {
	if verb := op.Verb(subresource); resource != nil && !resource.Wants(verb) {
		r.problem("%s: the description does not ask for %q of %s", op, verb, resource)
	}
}

func (r *recorder) get(m *abi.GetRequest, buffer []byte) (abi.Status, []byte) {
	resource := r.resource(abi.OpGet, m.Resource)
	r.wanted(abi.OpGet, resource, m.Subresource)
	if resource == nil || resource.Projection == nil || m.Subresource != "" || r.size == 0 {
		e := abi.Error{Message: m.Name + " not found", Reason: "NotFound"}
		return abi.StatusNotFound, e.Append(buffer)
	}
	return abi.StatusOK, r.appendRecord(buffer, resource.Projection, m.Namespace, m.Name)
}

func (r *recorder) list(m *abi.ListRequest, buffer []byte) (abi.Status, []byte) {
	resource := r.resource(abi.OpList, m.Resource)
	if resource != nil && resource.Any() && (m.Index.Kind == abi.IndexUID || m.Index.Kind == abi.IndexOwners) {
		return r.find(resource, buffer)
	}
	r.wanted(abi.OpList, resource, "")
	if resource == nil || resource.Projection == nil || r.size == 0 {
		return abi.StatusOK, buffer
	}
	return abi.StatusOK, abi.AppendListItem(buffer, r.appendRecord(nil, resource.Projection, m.Namespace, "abitest"))
}

// find answers a list that asks all resources at once, for which the projection
// is what the description asks.
func (r *recorder) find(resource *abi.Resource, buffer []byte) (abi.Status, []byte) {
	if resource.Projection == nil {
		r.problem("list: the description has no projection of %s", resource)
	}
	if resource.Projection == nil || r.size == 0 {
		return abi.StatusOK, buffer
	}
	buffer = abi.AppendListItem(buffer, r.appendRecord(nil, resource.Projection, "abitest", "abitest"))
	return abi.StatusOK, abi.AppendListTarget(buffer, &abi.Target{Version: "v1", Resource: "pods", Kind: "Pod"})
}

// appendRecord appends an object of which every field is absent and the uid is
// long.
func (r *recorder) appendRecord(b []byte, shape *record.Shape, namespace, name string) []byte {
	b = record.AppendHeader(b, record.Header{Namespace: namespace, Name: name, UID: strings.Repeat("u", r.size), ResourceVersion: 1})
	return record.AppendZero(b, shape)
}

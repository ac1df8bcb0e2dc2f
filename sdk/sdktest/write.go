// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// change is a write that is being carried out.
type change struct {
	*abi.WriteRequest
	op       abi.Operation
	resource *abi.Resource
	key      sdk.Key
	old      *stored // nil for create
}

func (e *Env) write(op abi.Operation, m *abi.WriteRequest, buffer []byte) ([]byte, error) {
	r, err := e.resource(m.Resource, &m.Target)
	if err != nil {
		return nil, err
	}
	c := &change{WriteRequest: m, op: op, resource: r, key: sdk.Key{Namespace: m.Namespace, Name: m.Name}}
	if err := e.declared(m.Resource, "Writes", c.verb(), true); err != nil {
		return nil, err
	}
	if manager := m.FieldManager; !abi.OwnFieldManager(e.description.Name, manager) && !slices.Contains(e.description.FieldManagers, manager) {
		return nil, &sdk.APIError{Status: abi.StatusDenied, Message: fmt.Sprintf("the field manager %s is not declared with sdk.FieldManagers", manager)}
	}
	if op == abi.OpUpdate && r.Projection != nil && m.Subresource == "" {
		return nil, &sdk.APIError{Status: abi.StatusUnsupported, Message: fmt.Sprintf("update of %s would drop every field outside of the projection: patch or apply it", r)}
	}
	if err := e.observed(op, r, c.key, m); err != nil {
		return nil, err
	}
	e.writes = append(e.writes, Operation{Op: op, Resource: r.String(), Key: c.key, Subresource: m.Subresource, Body: string(m.Body), Write: m})
	m.Body = bytes.Clone(m.Body) // the request aliases memory of the caller
	return e.perform(c, buffer)
}

// verb names the write as RBAC and sdk.Writes do.
func (c *change) verb() string { return c.op.Verb(c.Subresource) }

func (e *Env) perform(c *change, buffer []byte) ([]byte, error) {
	switch c.op {
	case abi.OpCreate:
		if c.Subresource == "" {
			return e.create(c, buffer)
		}
	case abi.OpDeleteCollection:
		return buffer, e.deleteCollection(c)
	}
	if c.old = e.store.get(c.resource, c.key); c.old == nil {
		if c.op == abi.OpApply && c.Subresource == "" {
			if err := e.declared(c.WriteRequest.Resource, "Writes", abi.OpCreate.Verb(""), true); err != nil {
				return nil, err
			}
			return e.create(c, buffer)
		}
		return nil, notFound(c.resource, c.key)
	}
	if err := c.preconditions(); err != nil {
		return nil, err
	}
	switch {
	case c.op == abi.OpDelete:
		if !c.DryRun {
			e.store.delete(c.resource, c.old, c.GracePeriodSeconds, c.Propagation)
		}
		return buffer, nil
	case c.op == abi.OpCreate:
		return e.createSubresource(c, buffer)
	case c.Subresource == "scale":
		return e.scale(c, buffer)
	}
	return e.change(c, buffer)
}

func (e *Env) create(c *change, buffer []byte) ([]byte, error) {
	o, err := c.body()
	if err != nil {
		return nil, err
	}
	if c.Namespace != "" {
		o.metadata()["namespace"] = c.Namespace
	}
	if c.Name != "" {
		o.metadata()["name"] = c.Name
	}
	if o.Text("metadata.resourceVersion") != "" {
		return nil, badRequest("resourceVersion should not be set on objects to be created")
	}
	delete(o, "status")
	delete(o.metadata(), "uid")
	delete(o.metadata(), "creationTimestamp")
	if err := e.store.prepare(c.resource, o); err != nil {
		return nil, err
	}
	if !c.DryRun {
		e.store.create(c.resource, o)
	}
	return c.answer(buffer, o)
}

// answer appends the written object, as much of it as the plugin reads.
func (c *change) answer(buffer []byte, o Object) ([]byte, error) {
	return appendRecord(buffer, c.resource, o)
}

func (c *change) body() (Object, error) {
	o, err := parseText(string(c.Body))
	if err != nil {
		return nil, badRequest("the body of %s: %v", c.verb(), err)
	}
	return o, nil
}

// preconditions checks what the request says of the object that is there.
func (c *change) preconditions() error {
	if c.UID != "" && c.UID != c.old.Text("metadata.uid") {
		return conflict("the uid %s in the precondition is not %s of the object", c.UID, c.old.Text("metadata.uid"))
	}
	if c.Observed == 0 || strconv.FormatUint(c.Observed, 10) == c.old.Text("metadata.resourceVersion") {
		return nil
	}
	seen := c.old.past[c.Observed]
	if seen == nil || c.resource.Projection == nil || c.Target != (abi.Target{}) {
		return conflict("the object has changed since version %d", c.Observed)
	}
	was, err := body(c.resource.Projection, seen)
	if err != nil {
		return err
	}
	is, err := body(c.resource.Projection, c.old.Object)
	if err == nil && !bytes.Equal(was, is) {
		return conflict("what the plugin reads of the object has changed since version %d", c.Observed)
	}
	return err
}

func conflict(format string, args ...any) error {
	return &sdk.APIError{Status: abi.StatusConflict, Reason: "Conflict", Message: fmt.Sprintf(format, args...)}
}

// body returns the body of the object's record.
func body(shape *record.Shape, o Object) ([]byte, error) {
	rec, err := project(shape, o)
	if err != nil {
		return nil, err
	}
	_, _, _, _, body, err := record.CutHeader(rec)
	return body, err
}

func (e *Env) deleteCollection(c *change) error {
	selector, err := sdk.ParseSelector(c.LabelSelector)
	if err != nil {
		return badRequest("%v", err)
	}
	for _, o := range e.store.list(c.resource) {
		if o.Text("metadata.namespace") == c.Namespace && selector.Matches(o.Labels()) && !c.DryRun {
			e.store.delete(c.resource, o, c.GracePeriodSeconds, c.Propagation)
		}
	}
	return nil
}

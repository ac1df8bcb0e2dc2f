// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"bytes"
	"encoding/json"
	"errors"
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
	r, err := e.resource(m.Resource)
	if err != nil {
		return nil, err
	}
	c := &change{WriteRequest: m, op: op, resource: r, key: sdk.Key{Namespace: m.Namespace, Name: m.Name}}
	if verb := c.verb(); !slices.Contains(r.Writes, verb) {
		return nil, &sdk.APIError{Status: abi.StatusDenied, Message: fmt.Sprintf("%s is not declared with sdk.Writes(%q)", r, verb)}
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
func (c *change) verb() string {
	verb := c.op.String()
	switch c.op {
	case abi.OpApply:
		verb = "patch"
	case abi.OpDeleteCollection:
		verb = "deletecollection"
	}
	if c.Subresource != "" {
		verb = c.Subresource + "/" + verb
	}
	return verb
}

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
			e.store.delete(c.resource, c.old, c.GracePeriodSeconds)
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
	projection := c.resource.Projection
	if projection == nil {
		projection = &record.Shape{Kind: record.Struct}
	}
	rec, err := project(projection, o)
	return append(buffer, rec...), err
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
	if seen == nil || c.resource.Projection == nil {
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

// change carries out an update, a patch or an apply.
func (e *Env) change(c *change, buffer []byte) ([]byte, error) {
	changed, err := c.patched(c.old.clone())
	if err != nil {
		return nil, err
	}
	if version := changed.Text("metadata.resourceVersion"); version != "" && version != c.old.Text("metadata.resourceVersion") {
		return nil, conflict("the object has been modified; please apply your changes to the latest version")
	}
	if uid := changed.Text("metadata.uid"); uid != "" && uid != c.old.Text("metadata.uid") {
		return nil, conflict("the uid %s is not %s of the object", uid, c.old.Text("metadata.uid"))
	}
	o := c.part(changed)
	if !c.DryRun {
		e.store.update(c.resource, c.old, o)
	}
	return c.answer(buffer, o)
}

// patched returns the object as the request wants it.
func (c *change) patched(o Object) (Object, error) {
	if c.op == abi.OpPatch && c.PatchType == abi.PatchJSON {
		steps, err := parseSteps(c.Body)
		if err != nil {
			return nil, badRequest("the body of %s: %v", c.verb(), err)
		}
		changed, err := patchJSON(map[string]any(o), steps)
		if errors.Is(err, errTest) {
			return nil, &sdk.APIError{Status: abi.StatusInvalid, Reason: "Invalid", Message: err.Error()}
		}
		if object, ok := changed.(map[string]any); ok && err == nil {
			return object, nil
		}
		return nil, badRequest("%v", err)
	}
	patch, err := c.body()
	switch {
	case err != nil || c.op == abi.OpUpdate:
		return patch, err
	case c.op == abi.OpPatch && c.PatchType == abi.PatchStrategic, c.op == abi.OpApply:
		return mergeStrategic(map[string]any(o), map[string]any(patch), "").(map[string]any), nil
	}
	return merge(map[string]any(o), map[string]any(patch)).(map[string]any), nil
}

// part returns the old object with the part of the changed one that the
// request may write: the status, or everything else.
func (c *change) part(changed Object) Object {
	o := changed
	other := c.old.clone()
	if c.Subresource == "status" {
		o, other = other, changed
	}
	delete(o, "status")
	if status := other["status"]; status != nil {
		o["status"] = status
	}
	m, old := o.metadata(), c.old.metadata()
	for _, name := range []string{"namespace", "name", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"} {
		delete(m, name)
		if value := old[name]; value != nil {
			m[name] = value
		}
	}
	o["apiVersion"], o["kind"] = c.old.Object["apiVersion"], c.old.Object["kind"]
	return o
}

func (e *Env) deleteCollection(c *change) error {
	selector, err := sdk.ParseSelector(c.LabelSelector)
	if err != nil {
		return badRequest("%v", err)
	}
	for _, o := range e.store.list(c.resource) {
		if o.Text("metadata.namespace") == c.Namespace && selector.Matches(o.Labels()) && !c.DryRun {
			e.store.delete(c.resource, o, c.GracePeriodSeconds)
		}
	}
	return nil
}

// createSubresource carries out the subresources of pods that controllers
// create: binding and eviction.
func (e *Env) createSubresource(c *change, buffer []byte) ([]byte, error) {
	b, err := c.body()
	if err != nil {
		return nil, err
	}
	switch c.Subresource {
	case "binding":
		o := c.old.clone()
		if o.Text("spec.nodeName") != "" {
			return nil, conflict("pod %s is already assigned to node %s", c.Name, o.Text("spec.nodeName"))
		}
		o.child("spec")["nodeName"] = b.Text("target.name")
		e.store.update(c.resource, c.old, o)
	case "eviction":
		e.store.delete(c.resource, c.old, c.GracePeriodSeconds)
	default:
		return nil, &sdk.APIError{Status: abi.StatusUnsupported, Message: "sdktest has no subresource " + c.Subresource}
	}
	return append(buffer, `{"apiVersion":"v1","kind":"Status","status":"Success"}`...), nil
}

// scaleOf returns the scale of an object with spec.replicas.
func scaleOf(o Object) Object {
	return Object{
		"apiVersion": "autoscaling/v1", "kind": "Scale",
		"metadata": map[string]any{
			"namespace": o.Text("metadata.namespace"), "name": o.Text("metadata.name"),
			"uid": o.Text("metadata.uid"), "resourceVersion": o.Text("metadata.resourceVersion"),
		},
		"spec":   map[string]any{"replicas": o.Field("spec.replicas")},
		"status": map[string]any{"replicas": o.Field("status.replicas")},
	}
}

func (e *Env) scale(c *change, buffer []byte) ([]byte, error) {
	scale, err := c.patched(scaleOf(c.old.Object))
	if err != nil {
		return nil, err
	}
	o := c.old.clone()
	o.child("spec")["replicas"] = scale.Field("spec.replicas")
	if !c.DryRun {
		e.store.update(c.resource, c.old, o)
	}
	return append(buffer, scaleOf(o).JSON()...), nil
}

// child returns the object in a field, which it makes if there is none.
func (o Object) child(name string) map[string]any {
	m, ok := o[name].(map[string]any)
	if !ok {
		m = map[string]any{}
		o[name] = m
	}
	return m
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"encoding/json"
	"strconv"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
)

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
		e.store.delete(c.resource, c.old, c.GracePeriodSeconds, c.Propagation)
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

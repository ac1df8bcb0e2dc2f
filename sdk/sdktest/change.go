// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"errors"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
)

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
		switch resourceName(c.resource) {
		case "/services": // whose status takes labels and finalizers along
			o["metadata"] = changed["metadata"]
		case "apps/deployments": // and annotations
			delete(o.metadata(), "annotations")
			if annotations := changed.metadata()["annotations"]; annotations != nil {
				o.metadata()["annotations"] = annotations
			}
		}
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

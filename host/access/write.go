// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"

	"github.com/wasm-controller-manager/wcm/abi"
)

// write checks a write, performs it, and makes the plugin's reads include it.
func (o *Operator) write(ctx context.Context, op abi.Operation, request, buffer []byte) (abi.Status, []byte) {
	var w abi.WriteRequest
	if err := w.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	r, err := o.resource(w.Resource)
	if err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	if status, message := o.mayWrite(op, r, &w); status != abi.StatusOK {
		return fail(buffer, status, message)
	}
	if status, message := r.refreshVersion(&w); status != abi.StatusOK {
		return fail(buffer, status, message)
	}
	if w.FieldManager == "" {
		w.FieldManager = o.Plugin
	}
	object, err := o.API.Write(ctx, op, r.target, &w)
	if err != nil {
		return failAPI(buffer, err)
	}
	own := r.isKind(object)
	if err := r.remember(op, &w, object, own); err != nil {
		LoggerOf(ctx, o.Logger).Warn("Answer to a write does not reach the cache before the watch", "resource", r.name, "error", err)
	}
	switch {
	case op == abi.OpDelete || op == abi.OpDeleteCollection:
		return abi.StatusOK, buffer
	case !own:
		return abi.StatusOK, append(buffer, object...)
	}
	return r.project(buffer, object)
}

// mayWrite decides whether the plugin may perform a write now. It is the seam
// for grants: today a plugin may do what its description asks for.
func (o *Operator) mayWrite(op abi.Operation, r *resource, w *abi.WriteRequest) (abi.Status, string) {
	verb := Verb(op, w.Subresource)
	if !r.writes[verb] {
		return abi.StatusDenied, fmt.Sprintf("%s of %s is not among the writes that the module declares for it", verb, r.name)
	}
	if op == abi.OpUpdate && r.extract != nil && w.Subresource == "" {
		return abi.StatusUnsupported, fmt.Sprintf(
			"update of %s would drop every field outside of the projection: patch or apply it", r.name)
	}
	if w.Name == "" && op != abi.OpCreate && op != abi.OpDeleteCollection {
		return abi.StatusBadRequest, fmt.Sprintf("%s of %s: the name is empty", verb, r.name)
	}
	if err := o.Leadership.CanWrite(); err != nil {
		return abi.StatusNotLeader, err.Error()
	}
	return abi.StatusOK, ""
}

// Verb names a write as RBAC does, with its subresource before it:
// "create", "status/patch". Apply is a patch, as it is for RBAC.
func Verb(op abi.Operation, subresource string) string {
	verb := op.String()
	switch op {
	case abi.OpApply:
		verb = abi.OpPatch.String()
	case abi.OpDeleteCollection:
		verb = "deletecollection"
	}
	if subresource != "" {
		verb = subresource + "/" + verb
	}
	return verb
}

// refreshVersion replaces the version that the guest observed by the current
// one if nothing that the guest reads has changed in between. A guest that
// was not woken holds an old version, and rightly so.
func (r *resource) refreshVersion(w *abi.WriteRequest) (abi.Status, string) {
	if w.Observed == 0 || r.cache == nil {
		return abi.StatusOK, ""
	}
	current, unchanged, exists := r.cache.CurrentVersion(w.Namespace, w.Name, w.Observed)
	switch {
	case !exists: // the API server knows better than a cache that lags
		return abi.StatusOK, ""
	case !unchanged:
		return abi.StatusConflict, fmt.Sprintf("%s %s has changed since version %d was read: it is at %d",
			r.name, key(w.Namespace, w.Name), w.Observed, current)
	}
	w.Observed = max(w.Observed, current)
	return abi.StatusOK, ""
}

// remember makes the plugin's reads include a write that succeeded; own says
// that the answer is an object of the resource.
func (r *resource) remember(op abi.Operation, w *abi.WriteRequest, object []byte, own bool) error {
	if r.cache == nil || w.DryRun || op == abi.OpDeleteCollection {
		return nil
	}
	switch {
	case op == abi.OpDelete && w.Subresource == "":
		if !own {
			object = nil
		}
		return r.cache.Deleted(w.Namespace, w.Name, w.UID, object)
	case own:
		return r.cache.Written(object)
	}
	return nil
}

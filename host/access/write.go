// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"errors"
	"fmt"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/kube"
)

// write checks a write, performs it, and makes the plugin's reads include it.
func (o *Operator) write(ctx context.Context, op abi.Operation, request, buffer []byte) (abi.Status, []byte) {
	var w abi.WriteRequest
	if err := w.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	r, status, answer := o.prepare(ctx, o.API, op, &w, buffer)
	if status != abi.StatusOK {
		return status, answer
	}
	return o.perform(ctx, o.API, op, r, &w, buffer)
}

// prepare checks a write and completes it. Unless the status is
// [abi.StatusOK], the write is not to be performed, and the answer is why.
func (o *Operator) prepare(ctx context.Context, server API, op abi.Operation, w *abi.WriteRequest, buffer []byte) (*resource, abi.Status, []byte) {
	r, err := o.resource(w.Resource, &w.Target, w.Subresource)
	if err != nil {
		status, answer := fail(buffer, abi.StatusBadRequest, err.Error())
		return nil, status, answer
	}
	if status, message := checkWrite(op, r, w); status != abi.StatusOK {
		status, answer := fail(buffer, status, message)
		return r, status, answer
	}
	if err := o.allowWrite(op, r, w); err != nil {
		status, answer := o.failWrite(ctx, buffer, op, r, err)
		return r, status, answer
	}
	if err := o.Leadership.CanWrite(); err != nil {
		status, answer := fail(buffer, abi.StatusNotLeader, err.Error())
		return r, status, answer
	}
	if err := o.forbidCreation(ctx, server, op, r, w); err != nil {
		status, answer := o.failWrite(ctx, buffer, op, r, err)
		return r, status, answer
	}
	if status, message := r.refreshVersion(w); status != abi.StatusOK {
		status, answer := fail(buffer, status, message)
		return r, status, answer
	}
	if w.FieldManager == "" {
		w.FieldManager = o.Plugin
	}
	return r, abi.StatusOK, buffer
}

// perform performs a write that was prepared, which it does not change.
func (o *Operator) perform(ctx context.Context, server API, op abi.Operation, r *resource, w *abi.WriteRequest, buffer []byte) (abi.Status, []byte) {
	object, err := server.Write(ctx, op, r.target, w)
	if err != nil {
		return failAPI(buffer, err)
	}
	own := r.isKind(object) || r.of != nil && r.of.Kind == "" && (w.Subresource == "" || w.Subresource == "status")
	if err := r.remember(op, w, object, own); err != nil {
		LoggerOf(ctx, o.Logger).Warn("Answer to a write does not reach the cache before the watch", "resource", r.name, "error", err)
	}
	if w.Subresource != "" && !own {
		if err := o.readBack(ctx, server, r, w); err != nil {
			status, answer := kube.StatusOf(err)
			answer.Message = fmt.Sprintf("%s of %s was done, but the object cannot be read after it: %s", op.Verb(w.Subresource), r.name, answer.Message)
			return status, answer.Append(buffer)
		}
	}
	switch {
	case op == abi.OpDelete || op == abi.OpDeleteCollection:
		return abi.StatusOK, buffer
	case !own:
		return abi.StatusOK, append(buffer, object...)
	}
	return r.project(buffer, object)
}

// readBack makes the plugin's reads include what a subresource did to its
// object, when the answer does not say: a binding is answered with a Status. An
// object that is gone by now is left to the watch.
func (o *Operator) readBack(ctx context.Context, server API, r *resource, w *abi.WriteRequest) error {
	reads := r.cache != nil && o.Policy.AllowCached(grant.Object{Resource: w.Resource, Namespace: w.Namespace, Name: w.Name}) == nil
	if !reads || w.DryRun {
		return nil
	}
	object, err := server.Get(ctx, r.target, w.Namespace, w.Name, "")
	if status, _ := kube.StatusOf(err); status == abi.StatusNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return r.cache.Written(object)
}

// checkWrite finds what is wrong with a write itself, whoever asks for it.
func checkWrite(op abi.Operation, r *resource, w *abi.WriteRequest) (abi.Status, string) {
	verb := op.Verb(w.Subresource)
	if err := grant.CheckTarget(w.Namespace, w.Name, w.Subresource); err != nil {
		return abi.StatusBadRequest, fmt.Sprintf("%s of %s: %v", verb, r.name, err)
	}
	collection := op == abi.OpDeleteCollection
	switch {
	case r.of != nil && r.of.Kind == "" && op != abi.OpPatch && op != abi.OpDelete && !collection:
		return abi.StatusBadRequest, fmt.Sprintf("%s of %s: the target has no kind", verb, r.name)
	case collection && (w.Name != "" || w.Subresource != ""):
		return abi.StatusBadRequest, fmt.Sprintf("%s of %s: a collection has neither a name nor a subresource", verb, r.name)
	case w.Name == "" && !collection && (op != abi.OpCreate || w.Subresource != ""):
		return abi.StatusBadRequest, fmt.Sprintf("%s of %s: the name is empty", verb, r.name)
	case op == abi.OpUpdate && r.extract != nil && w.Subresource == "":
		return abi.StatusUnsupported, fmt.Sprintf(
			"update of %s would drop every field outside of the projection: patch or apply it", r.name)
	}
	return abi.StatusOK, ""
}

// allowWrite asks the policy about a write. The error is a [grant.DeniedError],
// or a [kube.RequestError] of an object that is to be created.
func (o *Operator) allowWrite(op abi.Operation, r *resource, w *abi.WriteRequest) error {
	if err := o.Policy.AllowFieldManager(w.FieldManager); err != nil {
		return err
	}
	if op == abi.OpDeleteCollection {
		return o.Policy.AllowCollection(grant.Object{Resource: w.Resource, Target: r.of, Namespace: w.Namespace})
	}
	object := grant.Object{Resource: w.Resource, Target: r.of, Namespace: w.Namespace, Name: w.Name}
	if op == abi.OpCreate && w.Subresource == "" {
		var err error
		if object.GenerateName, err = kube.NameCreated(w); err != nil {
			return err
		}
		object.Name = w.Name
		if err := grant.CheckTarget("", object.Name+object.GenerateName, ""); err != nil {
			return &kube.RequestError{Cause: err}
		}
	}
	return o.Policy.Allow(op.Verb(w.Subresource), object)
}

// forbidCreation makes an apply or update that may not create an object one
// that cannot: it names the uid of the object that is there, which a new one
// would not have. If there is none, the error is the denial of the create.
func (o *Operator) forbidCreation(ctx context.Context, server API, op abi.Operation, r *resource, w *abi.WriteRequest) error {
	if op != abi.OpApply && op != abi.OpUpdate || w.Subresource != "" || w.UID != "" {
		return nil
	}
	denied := o.Policy.Allow(abi.OpCreate.Verb(""), grant.Object{Resource: w.Resource, Target: r.of, Namespace: w.Namespace, Name: w.Name})
	if denied == nil {
		return nil
	}
	rec, err := o.header(ctx, server, r, w.Namespace, w.Name)
	if status, _ := kube.StatusOf(err); status == abi.StatusNotFound {
		return denied
	}
	if err != nil {
		return err
	}
	_, _, uid, _, _, err := record.CutHeader(rec)
	if err == nil && len(uid) == 0 {
		err = denied // no way to say which object is meant
	}
	w.UID = string(uid)
	return err
}

// header returns a record that says who an object is, from the cache if it is
// there.
func (o *Operator) header(ctx context.Context, server API, r *resource, namespace, name string) ([]byte, error) {
	if r.cache != nil {
		if rec, found := r.cache.AppendGet(nil, namespace, name); found {
			return rec, nil
		}
	}
	object, err := server.Get(ctx, r.target, namespace, name, "")
	if err != nil {
		return nil, err
	}
	return keyOnly.Append(nil, object)
}

func (o *Operator) failWrite(ctx context.Context, buffer []byte, op abi.Operation, r *resource, err error) (abi.Status, []byte) {
	if denied, ok := errors.AsType[*grant.DeniedError](err); ok {
		return o.deny(ctx, buffer, op, r.name, denied)
	}
	return failAPI(buffer, err)
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

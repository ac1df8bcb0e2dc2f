// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk/internal/plan"
)

// write is a write request that is being put together.
type write struct {
	abi.WriteRequest
	answer *Raw
}

// Create makes an object and returns it as the API server made it. The object
// may be a T or any other value that is the object as JSON: structs that embed
// [Metadata], maps, [Raw]. apiVersion and kind are filled in. Namespace and
// name are those of the embedded metadata, or of [InNamespace] and [Named].
func (r *Resource[T]) Create(ctx context.Context, object any, options ...WriteOption) (*T, error) {
	w, err := r.whole(abi.OpCreate, object, options)
	if err != nil {
		return nil, err
	}
	in := instanceFrom(ctx)
	return r.result(abi.OpCreate, w, in.perform(ctx, w, in.create))
}

// Update replaces an object by a whole one and returns the new one. It is for
// resources that are declared [Uncached] and for subresources: an object that
// was read has a part of the fields and would delete the others, so the host
// refuses it; patch or apply instead.
func (r *Resource[T]) Update(ctx context.Context, object any, options ...WriteOption) (*T, error) {
	w, err := r.whole(abi.OpUpdate, object, options)
	if err != nil {
		return nil, err
	}
	in := instanceFrom(ctx)
	return r.result(abi.OpUpdate, w, in.perform(ctx, w, in.update))
}

// Apply makes the object have the fields of the configuration (server-side
// apply), creating it if it does not exist, and returns it. The configuration
// has exactly the fields that the plugin has an opinion on.
func (r *Resource[T]) Apply(ctx context.Context, configuration any, options ...WriteOption) (*T, error) {
	w, err := r.whole(abi.OpApply, configuration, options)
	if err != nil {
		return nil, err
	}
	in := instanceFrom(ctx)
	return r.result(abi.OpApply, w, in.perform(ctx, w, in.apply))
}

// Patch changes an object and returns it as it is then.
func (r *Resource[T]) Patch(ctx context.Context, target Target, patch Patch, options ...WriteOption) (*T, error) {
	w := r.write(target.header(), options)
	if patch.err != nil {
		return nil, r.unwritable(abi.OpPatch, w, patch.err)
	}
	w.PatchType, w.Body = patch.kind, patch.body
	in := instanceFrom(ctx)
	return r.result(abi.OpPatch, w, in.perform(ctx, w, in.patch))
}

// Delete deletes an object. An object with finalizers or a grace period is
// still there afterwards, being deleted.
func (r *Resource[T]) Delete(ctx context.Context, target Target, options ...WriteOption) error {
	w := r.write(target.header(), options)
	in := instanceFrom(ctx)
	return r.done(abi.OpDelete, w, in.perform(ctx, w, in.delete))
}

// DeleteCollection deletes the objects of one namespace that match, all if no
// selector is given.
func (r *Resource[T]) DeleteCollection(ctx context.Context, namespace string, options ...WriteOption) error {
	w := r.write(Header{Namespace: namespace}, options)
	in := instanceFrom(ctx)
	return r.done(abi.OpDeleteCollection, w, in.perform(ctx, w, in.deleteCollection))
}

func (r *resource) write(h Header, options []WriteOption) *write {
	w := &write{WriteRequest: abi.WriteRequest{Resource: r.index, Namespace: h.Namespace, Name: h.Name, Target: r.target}}
	for _, option := range options {
		option.write(w)
	}
	return w
}

// whole puts together a write whose body is an object.
func (r *resource) whole(op abi.Operation, object any, options []WriteOption) (*write, error) {
	h := Header{}
	if target, ok := object.(Target); ok {
		h = target.header()
	}
	w := r.write(h, options)
	if err := r.encode(w, object); err != nil {
		return nil, r.unwritable(op, w, err)
	}
	return w, nil
}

// encode sets the body to the object with apiVersion and kind.
func (r *resource) encode(w *write, object any) (err error) {
	if !w.typed() || plan.HasField(object, "kind") {
		w.Body, err = plan.AppendJSON(nil, object)
		return err
	}
	b := append(make([]byte, 0, 512), `{"apiVersion":`...)
	b = plan.AppendString(b, r.APIVersion())
	b = plan.AppendString(append(b, `,"kind":`...), r.Kind)
	w.Body, err = plan.AppendFields(b, object)
	return err
}

func (r *resource) unwritable(op abi.Operation, w *write, cause error) error {
	return &APIError{
		Operation: op, Resource: r.name, Key: Key{Namespace: w.Namespace, Name: w.Name},
		Status: abi.StatusBadRequest, Message: cause.Error(),
	}
}

func (r *Resource[T]) result(op abi.Operation, w *write, answer answer) (*T, error) {
	if r.otherKind(w, answer) {
		if w.answer != nil {
			*w.answer = Raw(answer.text())
		}
		return nil, nil
	}
	object := r.object()
	if err := r.set(op, Key{Namespace: w.Namespace, Name: w.Name}, answer, unsafe.Pointer(object)); err != nil {
		return nil, err
	}
	return object, nil
}

// otherKind reports whether the answer to a write is no object of the resource:
// JSON where a record could be, which starts with the length of a namespace and
// so with less than '{', or nothing. Without a projection all objects are JSON.
func (r *resource) otherKind(w *write, answer answer) bool {
	switch {
	case answer.status != abi.StatusOK:
		return false
	case len(answer.b) == 0:
		return true
	case r.Projection == nil:
		return !w.typed()
	}
	return answer.b[0] == '{'
}

// typed reports whether the write is about an object of the resource's kind,
// and not a subresource that may have another.
func (w *write) typed() bool { return w.Subresource == "" || w.Subresource == "status" }

func (r *resource) done(op abi.Operation, w *write, answer answer) error {
	if answer.status != abi.StatusOK {
		return answer.failure(op, r, Key{Namespace: w.Namespace, Name: w.Name})
	}
	return nil
}

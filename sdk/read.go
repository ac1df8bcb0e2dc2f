// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"
	"iter"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk/internal/plan"
)

// Get returns one object, from the cache unless told otherwise. The object is
// the caller's to change. A write that this plugin made before is included.
// If there is no such object, [IsNotFound] of the error is true.
func (r *Resource[T]) Get(ctx context.Context, key Key, options ...GetOption) (*T, error) {
	object := r.object()
	if err := r.get(ctx, key, options, unsafe.Pointer(object)); err != nil {
		return nil, err
	}
	return object, nil
}

// object returns a new object, which is one of several that are allocated at
// once: see [plan.Slabs].
func (r *Resource[T]) object() *T {
	size := unsafe.Sizeof(*new(T))
	if !alone || size > plan.SlabSize/4 {
		return new(T)
	}
	if len(r.slab) == 0 {
		r.slab = make([]T, plan.SlabSize/max(size, 1))
	}
	object := &r.slab[0]
	r.slab = r.slab[1:]
	return object
}

func (r *resource) get(ctx context.Context, key Key, options []GetOption, object unsafe.Pointer) error {
	in := instanceFrom(ctx)
	request := in.requests.take()
	if len(options) == 0 {
		request.b = append(request.b, r.getting...)
	} else {
		m := r.getRequest()
		for _, option := range options {
			option.get(&m)
		}
		request.b = m.Append(request.b)
	}
	request.b = abi.AppendGetKey(request.b, key.Namespace, key.Name)
	answer := in.get(ctx, request.b)
	in.requests.put(request)
	return r.set(abi.OpGet, key, answer, object)
}

// getRequest is a request without a key.
func (r *resource) getRequest() abi.GetRequest {
	return abi.GetRequest{Resource: r.index, Live: r.live(), Target: r.target}
}

// GetSubresource returns a subresource such as "scale" as the JSON that the
// API server answers. Declare it with [Reads], "scale/get".
func (r *Resource[T]) GetSubresource(ctx context.Context, key Key, subresource string) (Raw, error) {
	m := abi.GetRequest{Resource: r.index, Namespace: key.Namespace, Name: key.Name, Subresource: subresource, Target: r.target}
	answer := instanceFrom(ctx).get(ctx, m.Append(nil))
	if answer.status != abi.StatusOK {
		return "", answer.failure(abi.OpGet, &r.resource, key)
	}
	return Raw(answer.text()), nil
}

// List returns the objects that meet all options, in no particular order. The
// objects are the caller's to change. For many objects of which few are kept,
// [Resource.All] is several times faster.
func (r *Resource[T]) List(ctx context.Context, options ...ListOption) ([]T, error) {
	var objects []T
	l := r.listing(options)
	for l.fetch(ctx) {
		n := len(objects)
		objects = append(objects, make([]T, l.count())...)
		for rec, more := l.next(); more; rec, more = l.next() {
			if err := r.decode(rec, unsafe.Pointer(&objects[n])); err != nil {
				l.fail(err.Error())
			}
			n++
		}
	}
	return objects, l.err
}

// All iterates over the objects that meet all options, in no particular order.
//
// Every object is decoded into the same T: the pointer and the slices in it
// are good until the next iteration, strings are good for ever, and a field
// that is not read keeps what the loop put there. An error ends the iteration
// with a nil pointer.
//
//	for pod, err := range pods.All(ctx, sdk.OwnedBy(rc)) {
//		if err != nil {
//			return sdk.Result{}, err
//		}
//		…
//	}
func (r *Resource[T]) All(ctx context.Context, options ...ListOption) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		l, object := r.listing(options), new(T)
		for l.fetch(ctx) {
			for rec, more := l.next(); more; rec, more = l.next() {
				if r.Projection == nil {
					*object = *new(T) // JSON leaves what it does not have
				}
				if err := r.decodeAgain(rec, unsafe.Pointer(object)); err != nil {
					l.fail(err.Error())
				} else if !yield(object, nil) {
					return
				}
			}
		}
		if l.err != nil {
			yield(nil, l.err)
		}
	}
}

// set sets the object from the record that an operation answered.
func (r *resource) set(op abi.Operation, key Key, answer answer, object unsafe.Pointer) error {
	if answer.status != abi.StatusOK {
		return answer.failure(op, r, key)
	}
	if err := r.decode(answer.text(), object); err != nil {
		return r.malformed(op, key, err.Error())
	}
	return nil
}

// decode sets a new object from a record, which it aliases.
func (r *resource) decode(rec string, object unsafe.Pointer) error {
	if r.Projection == nil {
		return r.parse(r.plan, rec, object)
	}
	return r.plan.DecodeRecord(rec, r.headerOf(object), object, r.slabs)
}

// decodeAgain is decode into an object whose memory may be used again.
func (r *resource) decodeAgain(rec string, object unsafe.Pointer) error {
	if r.Projection == nil {
		return r.parse(r.plan, rec, object)
	}
	return r.plan.DecodeAgain(rec, r.headerOf(object), object)
}

func (r *resource) headerOf(object unsafe.Pointer) *plan.Header {
	return (*plan.Header)((*Header)(unsafe.Add(object, r.header)))
}

func (r *resource) malformed(op abi.Operation, key Key, cause string) error {
	return &APIError{Operation: op, Resource: r.name, Key: key, Status: abi.StatusInternal, Message: cause}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"
	"iter"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Get returns one object, from the cache unless told otherwise. The object is
// the caller's to change. A write that this plugin made before is included.
// If there is no such object, [IsNotFound] of the error is true.
func (r *Resource[T]) Get(ctx context.Context, key Key, options ...GetOption) (*T, error) {
	in := instanceFrom(ctx)
	m := abi.GetRequest{Resource: r.index, Namespace: key.Namespace, Name: key.Name}
	for _, option := range options {
		option.get(&m)
	}
	request := in.requests.take()
	request.b = m.Append(request.b)
	answer := in.get(ctx, request.b)
	in.requests.put(request)
	if answer.status != abi.StatusOK {
		return nil, answer.failure(abi.OpGet, &r.resource, key)
	}
	return r.decode(abi.OpGet, key, answer)
}

// GetSubresource returns a subresource such as "scale" as the JSON that the
// API server answers.
func (r *Resource[T]) GetSubresource(ctx context.Context, key Key, subresource string) (Raw, error) {
	m := abi.GetRequest{Resource: r.index, Namespace: key.Namespace, Name: key.Name, Subresource: subresource}
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
	m := r.listRequest(options)
	var objects []T
	for {
		next, err := r.page(ctx, &m, func(items items) error {
			n := len(objects)
			objects = append(objects, make([]T, items.count())...)
			for item := range items.each {
				if err := r.decodeInto(&objects[n], item, false); err != nil {
					return err
				}
				n++
			}
			return nil
		})
		if err != nil || next == "" {
			return objects, err
		}
		m.Continue = next
	}
}

// All iterates over the objects that meet all options, in no particular order.
//
// Every object is decoded into the same T: the pointer and the slices in it
// are good until the next iteration, strings are good for ever. An error ends
// the iteration with a nil pointer.
//
//	for pod, err := range pods.All(ctx, sdk.OwnedBy(rc)) {
//		if err != nil {
//			return sdk.Result{}, err
//		}
//		…
//	}
func (r *Resource[T]) All(ctx context.Context, options ...ListOption) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		m, object, stopped := r.listRequest(options), new(T), false
		for {
			next, err := r.page(ctx, &m, func(items items) error {
				for item := range items.each {
					if err := r.decodeInto(object, item, true); err != nil {
						return err
					}
					if stopped = !yield(object, nil); stopped {
						break
					}
				}
				return nil
			})
			if err != nil {
				yield(nil, err)
				return
			}
			if stopped || next == "" {
				return
			}
			m.Continue = next
		}
	}
}

func (r *Resource[T]) listRequest(options []ListOption) abi.ListRequest {
	m := abi.ListRequest{Resource: r.index}
	for _, option := range options {
		option.list(&m)
	}
	return m
}

// page performs one list request, hands its items to visit and returns the
// token of the next page.
func (r *Resource[T]) page(ctx context.Context, m *abi.ListRequest, visit func(items) error) (string, error) {
	in := instanceFrom(ctx)
	request := in.requests.take()
	request.b = m.Append(request.b)
	answer := in.list(ctx, request.b)
	in.requests.put(request)
	if answer.status != abi.StatusOK {
		return "", answer.failure(abi.OpList, &r.resource, Key{Namespace: m.Namespace})
	}
	items, next, ok := splitList(answer.text())
	if !ok {
		return "", r.malformed(abi.OpList, Key{Namespace: m.Namespace}, "the list is not a message")
	}
	if err := visit(items); err != nil {
		return "", r.malformed(abi.OpList, Key{Namespace: m.Namespace}, err.Error())
	}
	return next, nil
}

// decode returns the object of a record.
func (r *Resource[T]) decode(op abi.Operation, key Key, answer answer) (*T, error) {
	object := new(T)
	if err := r.decodeInto(object, answer.text(), false); err != nil {
		return nil, r.malformed(op, key, err.Error())
	}
	return object, nil
}

// decodeInto sets object from a record, which it aliases; again says that the
// memory of object may be used again.
func (r *Resource[T]) decodeInto(object *T, rec string, again bool) error {
	if again && !r.plan.Whole() {
		*object = *new(T)
	}
	h := r.headerOf(object)
	var namespace, name, uid []byte
	namespace, name, uid, version, body, err := record.CutHeader(unsafe.Slice(unsafe.StringData(rec), len(rec)))
	if err != nil {
		return err
	}
	h.Namespace, h.Name, h.UID, h.ResourceVersion = alias(namespace), alias(name), alias(uid), version
	if r.Projection == nil {
		return nil
	}
	if again {
		return r.plan.DecodeAgain(alias(body), unsafe.Pointer(object))
	}
	return r.plan.Decode(alias(body), unsafe.Pointer(object))
}

// alias returns b as a string; the caller does not change b any more.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func (r *resource) malformed(op abi.Operation, key Key, cause string) error {
	return &APIError{Operation: op, Resource: r.name, Key: key, Status: abi.StatusInternal, Message: cause}
}

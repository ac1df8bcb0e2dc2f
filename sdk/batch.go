// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"
	"iter"
	"slices"

	"github.com/wasm-controller-manager/wcm/abi"
)

// CreateCopies makes n objects of the same content, which has a GenerateName,
// and returns those that were made and the errors of the others. The host makes
// them side by side, so that it takes little longer than [Resource.Create] of one.
func (r *Resource[T]) CreateCopies(ctx context.Context, n int, object any, options ...WriteOption) (created []*T, errs []error) {
	if n <= 0 {
		return nil, nil
	}
	w, err := r.whole(abi.OpCreate, object, options)
	if err != nil {
		return nil, []error{err}
	}
	return r.createCopies(ctx, n, w)
}

// SlowStart is [Resource.CreateCopies] in batches of 1, 2, 4 and so on. It
// yields what each batch came to, so that a loop that ends at an error keeps an
// object that is refused, or a quota that is used up, from costing n requests.
//
//	for created, errs := range pods.SlowStart(ctx, missing, pod) {
//		…
//		if len(errs) > 0 {
//			break
//		}
//	}
func (r *Resource[T]) SlowStart(ctx context.Context, n int, object any, options ...WriteOption) iter.Seq2[[]*T, []error] {
	return func(yield func([]*T, []error) bool) {
		w, err := r.whole(abi.OpCreate, object, options)
		if err != nil {
			yield(nil, []error{err})
			return
		}
		for size := 1; n > 0; size *= 2 {
			size = min(size, n)
			if !yield(r.createCopies(ctx, size, w)) {
				return
			}
			n -= size
		}
	}
}

// createCopies performs a create n times, which is encoded already.
func (r *Resource[T]) createCopies(ctx context.Context, n int, w *write) (created []*T, errs []error) {
	created = make([]*T, 0, n)
	m := abi.BatchRequest{Operation: abi.OpCreate.String(), Writes: []abi.WriteRequest{w.WriteRequest}}
	for n > 0 {
		size := min(n, abi.MaxBatch)
		m.Copies = uint32(size)
		for _, answer := range r.batch(ctx, &m, size) {
			object, err := r.result(abi.OpCreate, w, answer)
			switch {
			case err != nil:
				errs = append(errs, err)
			case object != nil:
				created = append(created, object)
			}
		}
		n -= size
	}
	return created, errs
}

// DeleteAll deletes objects side by side, so that it takes little longer than
// [Resource.Delete] of one, and returns an error for each of them, nil if it
// was deleted. One that was read is only deleted if it is still the same
// object, and not another of its name.
func (r *Resource[T]) DeleteAll(ctx context.Context, targets []Target, options ...WriteOption) (errs []error) {
	for begin := 0; begin < len(targets); begin += abi.MaxBatch {
		part := targets[begin:min(begin+abi.MaxBatch, len(targets))]
		m := abi.BatchRequest{Operation: abi.OpDelete.String()}
		for _, target := range part {
			h := target.header()
			w := r.write(h, append(slices.Clip(options), PreconditionUID(h.UID)))
			m.Writes = append(m.Writes, w.WriteRequest)
		}
		for i, answer := range r.batch(ctx, &m, len(part)) {
			errs = append(errs, r.done(abi.OpDelete, &write{WriteRequest: m.Writes[i]}, answer))
		}
	}
	return errs
}

// batch performs writes, and returns the answers to so many.
func (r *resource) batch(ctx context.Context, m *abi.BatchRequest, n int) []answer {
	in := instanceFrom(ctx)
	whole := in.perform(ctx, m, in.batch)
	answers := make([]answer, n)
	result := abi.BatchResult{Results: make([]abi.WriteResult, 0, n)}
	if whole.status == abi.StatusOK {
		if err := result.Decode(whole.b); err != nil || len(result.Results) != n {
			e := abi.Error{Message: "the answer to a batch is not one for each write"}
			whole = answer{abi.StatusInternal, e.Append(nil)}
		}
	}
	for i := range answers {
		if whole.status != abi.StatusOK {
			answers[i] = whole
			continue
		}
		answers[i] = answer{result.Results[i].Status, result.Results[i].Result}
	}
	return answers
}

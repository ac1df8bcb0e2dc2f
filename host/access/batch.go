// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/wasm-controller-manager/wcm/abi"
)

// atOnce is how many writes of one batch are under way at once. More would wait
// in the queues of the API server, and keep others from theirs.
const atOnce = 32

// batch performs writes side by side. The guest waits for all of them, so it
// leaves the gate once, and they do not touch it.
func (o *Operator) batch(ctx context.Context, request, buffer []byte) (abi.Status, []byte) {
	var m abi.BatchRequest
	if err := m.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	op, found := abi.WriteNamed(m.Operation)
	if !found {
		return fail(buffer, abi.StatusBadRequest, fmt.Sprintf("batch: %q is no write", m.Operation))
	}
	copies := max(1, int(m.Copies))
	if len(m.Writes) > abi.MaxBatch/copies {
		return fail(buffer, abi.StatusBadRequest, fmt.Sprintf("batch: %d writes, %d times, expected at most %d together", len(m.Writes), copies, abi.MaxBatch))
	}
	if o.Gate != nil {
		o.Gate.Leave()
		defer back(ctx, o.Gate)
	}
	return abi.StatusOK, o.sideBySide(ctx, op, m.Writes, copies).Append(buffer)
}

// sideBySide performs each write so often, and returns the results in the order
// of the writes.
func (o *Operator) sideBySide(ctx context.Context, op abi.Operation, writes []abi.WriteRequest, copies int) *abi.BatchResult {
	prepared := make([]preparedWrite, len(writes))
	results := make([]abi.WriteResult, len(writes)*copies)
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < len(results); i = int(next.Add(1)) - 1 {
			results[i] = o.performOne(ctx, op, &writes[i/copies], &prepared[i/copies])
		}
	}
	var working sync.WaitGroup
	for range min(len(results), atOnce) - 1 {
		working.Go(work) // ends with the writes
	}
	work()
	working.Wait()
	return &abi.BatchResult{Results: results}
}

// preparedWrite is what [Operator.prepare] makes of a write of which there are copies.
type preparedWrite struct {
	once     sync.Once
	resource *resource
	refusal  abi.WriteResult // with the status ok it may be performed
}

func (o *Operator) performOne(ctx context.Context, op abi.Operation, w *abi.WriteRequest, p *preparedWrite) (result abi.WriteResult) {
	p.once.Do(func() {
		p.resource, p.refusal.Status, p.refusal.Result = o.prepare(ctx, o.direct, op, w, nil)
	})
	if p.refusal.Status != abi.StatusOK {
		return p.refusal
	}
	result.Status, result.Result = o.perform(ctx, o.direct, op, p.resource, w, nil)
	return result
}

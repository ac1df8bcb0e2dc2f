// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"errors"

	"github.com/wasm-controller-manager/wcm/host/meter"
	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// rewritten is a module as it is compiled: one that counts its work, without
// the data that stand in an image instead. In the cache it is hollow.
type rewritten struct {
	wasm []byte
	data data
	code string // in the cache, the name of its code
}

func (r *rewritten) size() int { return len(r.wasm) + len(r.data.bytes) }

func rewrite(file []byte, limits wasm.Limits) (r rewritten, err error) {
	m, err := decode(file, limits)
	if err != nil {
		return r, err
	}
	if r.wasm, err = meter.Rewrite(m); err != nil {
		return r, refuse(NotMeterable, "%w", err)
	}
	if r.data = dataOf(m); len(r.data.bytes) > 0 {
		r.wasm = withoutData(r.wasm)
	}
	return r, nil
}

// compileWorkers is how many threads compile one module.
const compileWorkers = 2

// build rewrites and compiles a module and leaves both in a stage; without
// one, "", it only finds out whether that is possible. It is the work of a
// compile child; if there is none, it is done in the host. The error is a
// [RefusedError], a [storeError] if only the stage could not take it, or the
// cause of ctx.
func build(ctx context.Context, file []byte, limits wasm.Limits, stage string) (err error) {
	r, err := rewrite(file, limits)
	if err != nil {
		return err
	}
	e, err := openEngine(ctx, stage)
	if err != nil {
		return &storeError{err}
	}
	defer func() { err = errors.Join(err, e.close(ctx)) }()
	if stage == "" {
		_, err = e.compile(ctx, r.wasm, compileWorkers)
		return err
	}
	if r.wasm, err = e.buildHollow(ctx, r.wasm, stage); err == nil {
		err = writeEntry(stage, r)
	}
	if ofFiles(err) {
		return &storeError{err}
	}
	return err
}

// storeError says that a module compiles, but cannot be kept.
type storeError struct{ cause error }

func (e *storeError) Error() string { return e.cause.Error() }

// Unwrap returns the cause.
func (e *storeError) Unwrap() error { return e.cause }

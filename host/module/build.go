// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"errors"
)

// rewrite makes a module interruptible.
func rewrite(wasm []byte) ([]byte, error) { return wasm, nil }

// compileWorkers is how many threads compile one module.
const compileWorkers = 2

// build rewrites and compiles a module and leaves both in a stage; without
// one, "", it only finds out whether that is possible. It is the work of a
// compile child; if there is none, it is done in the host. The error is a
// [RefusedError], a [storeError] if only the stage could not take it, or the
// cause of ctx.
func build(ctx context.Context, wasm []byte, stage string) (err error) {
	rewritten, err := rewrite(wasm)
	if err != nil {
		return err
	}
	e, err := openEngine(ctx, stage)
	if err != nil {
		return &storeError{err}
	}
	defer func() { err = errors.Join(err, e.close(ctx)) }()
	_, err = e.compile(ctx, rewritten, compileWorkers)
	if err == nil && stage != "" {
		err = writeEntry(stage, rewritten)
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

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"errors"

	"github.com/wasm-controller-manager/wcm/host/meter"
	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// rewrite returns the module as it is compiled: one that counts its work.
func rewrite(file []byte, limits wasm.Limits) ([]byte, error) {
	m, err := decode(file, limits)
	if err != nil {
		return nil, err
	}
	rewritten, err := meter.Rewrite(m)
	if err != nil {
		return nil, refuse(NotMeterable, "%w", err)
	}
	return rewritten, nil
}

// compileWorkers is how many threads compile one module.
const compileWorkers = 2

// build rewrites and compiles a module and leaves both in a stage; without
// one, "", it only finds out whether that is possible. It is the work of a
// compile child; if there is none, it is done in the host. The error is a
// [RefusedError], a [storeError] if only the stage could not take it, or the
// cause of ctx.
func build(ctx context.Context, file []byte, limits wasm.Limits, stage string) (err error) {
	rewritten, err := rewrite(file, limits)
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

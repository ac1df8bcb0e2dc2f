// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"log/slog"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Reconcile names what a guest is working on; log lines carry it.
type Reconcile struct {
	Controller string
	Namespace  string
	Name       string
	ID         string
}

type reconcileKey struct{}

// WithReconcile returns a context in which log lines of a guest say what they
// are about. The logger is only built when there is a line.
func WithReconcile(ctx context.Context, r *Reconcile) context.Context {
	return context.WithValue(ctx, reconcileKey{}, r)
}

// LoggerOf returns the logger for lines about what ctx is working on.
func LoggerOf(ctx context.Context, logger *slog.Logger) *slog.Logger {
	r, ok := ctx.Value(reconcileKey{}).(*Reconcile)
	if !ok {
		return logger
	}
	return logger.With("controller", r.Controller, "namespace", r.Namespace, "name", r.Name, "reconcileID", r.ID)
}

// slogLevel converts from the scale of the contract, which has no negative numbers.
func slogLevel(level abi.Level) slog.Level { return slog.Level(level) - 8 }

// LogEnabled reports whether a line of this level would be kept.
func (o *Operator) LogEnabled(ctx context.Context, level abi.Level) bool {
	return o.Logger.Enabled(ctx, slogLevel(level))
}

func (o *Operator) log(ctx context.Context, request, buffer []byte) (abi.Status, []byte) {
	var line abi.Log
	if err := line.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	attributes := make([]slog.Attr, len(line.Attributes))
	for i, a := range line.Attributes {
		attributes[i] = slog.String(a.Key, a.Value)
	}
	LoggerOf(ctx, o.Logger).LogAttrs(ctx, slogLevel(line.Level), line.Message, attributes...)
	return abi.StatusOK, buffer
}

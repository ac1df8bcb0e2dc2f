// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"log/slog"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/limit"
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
	return o.lines.Enabled(ctx, slogLevel(level))
}

func (o *Operator) log(ctx context.Context, request, buffer []byte) (abi.Status, []byte) {
	if !o.Limits.Lines.Pass(o.Limits.cost(len(request))) {
		return abi.StatusOK, buffer
	}
	var line abi.Log
	if err := line.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	attributes := make([]slog.Attr, len(line.Attributes))
	for i, a := range line.Attributes {
		attributes[i] = slog.String(attributeKey(a.Key), a.Value)
	}
	LoggerOf(ctx, o.lines).LogAttrs(ctx, slogLevel(line.Level), line.Message, attributes...)
	return abi.StatusOK, buffer
}

// maxKey is the longest key of an attribute, in bytes.
const maxKey = 64

// hostKeys are the attributes that the host adds.
var hostKeys = map[string]bool{
	"plugin": true, "controller": true, "namespace": true, "name": true, "reconcileID": true, limit.CutKey: true,
}

// attributeKey makes a key of a guest one that can neither be taken for the
// host's nor for the end of the line: formats for people write keys as they are.
func attributeKey(key string) string {
	key = strings.Map(func(r rune) rune {
		if r > '~' || r <= ' ' || r == '=' || r == '"' {
			return '_'
		}
		return r
	}, key[:min(len(key), maxKey)])
	if key == "" || hostKeys[key] {
		return "guest." + key
	}
	return key
}

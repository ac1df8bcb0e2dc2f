// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"log/slog"
	"unicode/utf8"

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
	dropped := shorten(&line, o.LogLineSize)
	attributes := make([]slog.Attr, 0, len(line.Attributes)+1)
	for _, a := range line.Attributes {
		attributes = append(attributes, slog.String(a.Key, a.Value))
	}
	if dropped > 0 {
		attributes = append(attributes, slog.Int("droppedBytes", dropped))
	}
	LoggerOf(ctx, o.Logger).LogAttrs(ctx, slogLevel(line.Level), line.Message, attributes...)
	return abi.StatusOK, buffer
}

// shorten makes a line fit into a limit, at the cost of its end, and returns
// how many bytes were dropped. Each attribute counts for a little more than
// its text, so that empty ones are not free.
func shorten(line *abi.Log, limit int) (dropped int) {
	cut := func(text *string) {
		kept := clip(*text, limit)
		dropped += len(*text) - len(kept)
		limit -= len(kept)
		*text = kept
	}
	cut(&line.Message)
	kept := line.Attributes[:0]
	for _, a := range line.Attributes {
		if limit -= 2; limit <= len(a.Key) {
			limit = 0 // no shorter one after it, either
			dropped += len(a.Key) + len(a.Value)
			continue
		}
		limit -= len(a.Key)
		cut(&a.Value)
		kept = append(kept, a)
	}
	line.Attributes = kept
	return dropped
}

// clip cuts a text off after limit bytes at most, at a character.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"context"
	"log/slog"
)

// attributeCost is what an attribute counts besides its key and value, so that
// a line of empty attributes ends as well.
const attributeCost = 8

// CutKey is the attribute that says how many bytes of a line are missing.
const CutKey = "cutBytes"

// Handler is a slog.Handler that lets lines pass at a rate and cuts those that
// are too long: message and attributes count, but not the attributes that
// loggers add by With, which are the host's. A line that was cut has the
// attribute [CutKey].
type Handler struct {
	slog.Handler
	rate *Rate
	size int
}

// NewHandler returns a handler in front of next. A nil rate lets all lines
// pass; size is in bytes.
func NewHandler(next slog.Handler, rate *Rate, size int) *Handler {
	return &Handler{Handler: next, rate: rate, size: size}
}

// Handle passes a line on, or drops it.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if !h.rate.Pass(1) {
		return nil
	}
	return h.Handler.Handle(ctx, shorten(r, h.size))
}

// WithAttrs returns a handler with more attributes and the same rate.
func (h *Handler) WithAttrs(attributes []slog.Attr) slog.Handler {
	return NewHandler(h.Handler.WithAttrs(attributes), h.rate, h.size)
}

// WithGroup returns a handler with a group and the same rate.
func (h *Handler) WithGroup(name string) slog.Handler {
	return NewHandler(h.Handler.WithGroup(name), h.rate, h.size)
}

// shorten returns the record with at most size bytes of text.
func shorten(r slog.Record, size int) slog.Record {
	if lineSize(r) <= size {
		return r
	}
	left, cut := size, 0
	fit := func(text string) string {
		text, missing := Text(text, max(left, 0))
		left -= len(text)
		cut += missing
		return text
	}
	short := slog.NewRecord(r.Time, r.Level, fit(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if left -= len(a.Key) + attributeCost; left <= 0 {
			cut += len(a.Key) + textSize(a.Value)
			return true
		}
		if text, isText := textOf(a.Value); isText {
			a.Value = slog.StringValue(fit(text))
		}
		short.AddAttrs(a)
		return true
	})
	short.AddAttrs(slog.Int(CutKey, cut))
	return short
}

func lineSize(r slog.Record) int {
	size := len(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		size += len(a.Key) + attributeCost + textSize(a.Value)
		return true
	})
	return size
}

func textSize(v slog.Value) int {
	text, _ := textOf(v)
	return len(text)
}

// textOf returns the text of a value that can have much of it.
func textOf(v slog.Value) (string, bool) {
	if v.Kind() == slog.KindString {
		return v.String(), true
	}
	if err, ok := v.Any().(error); ok {
		return err.Error(), true
	}
	return "", false
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk/internal/plan"
)

// Logger writes structured log lines. The host adds the plugin, the
// controller and the key. A line whose level is off costs one comparison and
// formats nothing. The zero Logger drops everything.
type Logger struct {
	ctx        context.Context
	call       *reconcileContext
	attributes []abi.Pair
}

// LoggerFrom returns the logger of the reconcile that ctx belongs to.
func LoggerFrom(ctx context.Context) Logger { return Logger{ctx: ctx, call: callFrom(ctx)} }

// With returns a logger that adds these pairs of key and value to every line.
func (l Logger) With(keysAndValues ...any) Logger {
	l.attributes = appendAttributes(slices.Clip(l.attributes), keysAndValues)
	return l
}

// Debug logs what is worth knowing about one reconcile.
func (l Logger) Debug(message string, keysAndValues ...any) {
	if l.Enabled(abi.LevelDebug) {
		l.log(abi.LevelDebug, message, keysAndValues)
	}
}

// Info logs what people want to know every day.
func (l Logger) Info(message string, keysAndValues ...any) {
	if l.Enabled(abi.LevelInfo) {
		l.log(abi.LevelInfo, message, keysAndValues)
	}
}

// Warn logs what may need somebody's attention.
func (l Logger) Warn(message string, keysAndValues ...any) {
	if l.Enabled(abi.LevelWarn) {
		l.log(abi.LevelWarn, message, keysAndValues)
	}
}

// Error logs an error that is not returned: returned ones are logged by the
// host.
func (l Logger) Error(err error, message string, keysAndValues ...any) {
	if l.Enabled(abi.LevelError) {
		l.With("err", err).log(abi.LevelError, message, keysAndValues)
	}
}

// levels remembers what the host said of each level: 0 unasked, 1 on, 2 off.
type levels [abi.LevelError + 1]uint8

// Enabled reports whether a line of this level would be kept. The host is
// asked once per level and reconcile.
func (l Logger) Enabled(level abi.Level) bool {
	if l.call == nil || level > abi.LevelError {
		return false
	}
	known := &l.call.levels[level]
	if *known == 0 {
		*known = 2
		if l.call.in.logEnabled(l.ctx, level) {
			*known = 1
		}
	}
	return *known == 1
}

func (l Logger) log(level abi.Level, message string, keysAndValues []any) {
	attributes := l.attributes
	if len(keysAndValues) > 0 {
		attributes = l.With(keysAndValues...).attributes
	}
	m := abi.Log{Level: level, Message: message, Attributes: attributes}
	request := l.call.in.requests.take()
	request.b = m.Append(request.b)
	l.call.in.log(l.ctx, request.b)
	l.call.in.requests.put(request)
}

func appendAttributes(to []abi.Pair, keysAndValues []any) []abi.Pair {
	for len(keysAndValues) > 0 {
		if len(keysAndValues) == 1 {
			return append(to, abi.Pair{Key: "!BADKEY", Value: formatValue(keysAndValues[0])})
		}
		to = append(to, abi.Pair{Key: formatValue(keysAndValues[0]), Value: formatValue(keysAndValues[1])})
		keysAndValues = keysAndValues[2:]
	}
	return to
}

// formatValue renders the value of an attribute.
func formatValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "<nil>"
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case time.Duration:
		return v.String()
	case error:
		return v.Error()
	case Time:
		return v.UTC().Format(time.RFC3339)
	case interface{ String() string }:
		return v.String()
	}
	b, err := plan.AppendJSON(nil, v)
	if err != nil {
		return "!ERROR " + err.Error()
	}
	return string(b)
}

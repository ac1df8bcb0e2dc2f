// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/limit"
)

// Limits bound what a plugin tells the host and others. Nil fields bound nothing.
type Limits struct {
	// Lines is how often the plugin may log or write to stdout and stderr; a
	// line that is longer than LineSize counts as several.
	Lines *limit.Rate
	// LineSize is the size in bytes at which a line is cut; 0: 8 KiB.
	LineSize int
	// Events is how often it may record Events.
	Events *limit.Rate
	// Series counts what it records to series beyond its limit.
	Series *limit.Report
	// HTTP is how often it may send a request to another server.
	HTTP *limit.Rate
}

const (
	defaultLineSize = 8 << 10
	// What of an Event the API server takes, in bytes: those of events.k8s.io/v1,
	// which are not enforced for the older version of the same objects.
	maxReason  = 128
	maxMessage = 1024
	maxSource  = 128
	// maxTold bounds the message of an Event or a metric, whose fields are
	// bounded as well, so that no time is wasted on decoding it.
	maxTold = 64 << 10
)

// cost is what a line counts. It is known before anything is decoded, so that
// what is dropped costs next to nothing.
func (l *Limits) cost(size int) float64 { return max(1, float64(size)/float64(l.LineSize)) }

// tooLong refuses a message of an operation that only tells something.
func tooLong(op abi.Operation, request []byte) error {
	if len(request) > maxTold {
		return fmt.Errorf("%s: a message of %d bytes, expected at most %d", op, len(request), maxTold)
	}
	return nil
}

// fitEvent makes an event one that the API server takes: a message that is too
// long is cut, what must not be cut is refused.
func fitEvent(event *abi.Event) error {
	switch {
	case len(event.Reason) > maxReason:
		return fmt.Errorf("event: a reason of %d bytes, expected at most %d", len(event.Reason), maxReason)
	case len(event.Source) > maxSource:
		return fmt.Errorf("event: a source of %d bytes, expected at most %d", len(event.Source), maxSource)
	}
	event.Message, _ = limit.Text(event.Message, maxMessage)
	return nil
}

// Output logs what a guest wrote to stdout and stderr, as one line.
func (o *Operator) Output(ctx context.Context, text []byte) {
	if o.Limits.Lines.Pass(o.Limits.cost(len(text))) {
		LoggerOf(ctx, o.lines).LogAttrs(ctx, slog.LevelInfo, "Guest wrote", slog.String("text", strings.ToValidUTF8(string(text), "\ufffd")))
	}
}

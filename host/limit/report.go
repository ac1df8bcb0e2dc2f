// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"log/slog"
	"sync"
	"time"
)

// reportAfter is how long drops are counted before a line tells of them.
const reportAfter = time.Minute

// Report counts what was dropped, and says it in at most one line per minute.
// It is safe for concurrent use; nil counts nothing.
type Report struct {
	logger  *slog.Logger
	what    string
	dropped func()

	mu     sync.Mutex
	count  int         // not told yet; guarded by mu
	timer  *time.Timer // nil unless count > 0; guarded by mu
	closed bool        // guarded by mu
}

// NewReport returns a report of what, "log lines" for example. dropped is
// called for each of them, for a metric; nil: nobody is told.
func NewReport(logger *slog.Logger, what string, dropped func()) *Report {
	return &Report{logger: logger, what: what, dropped: dropped}
}

// Dropped counts one drop.
func (r *Report) Dropped() {
	if r == nil {
		return
	}
	if r.dropped != nil {
		r.dropped()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	if r.count++; r.count == 1 {
		r.timer = time.AfterFunc(reportAfter, r.tell)
	}
}

// Close tells at once of what has not been told yet. What is dropped after it
// is counted for the metric only.
func (r *Report) Close() {
	if r == nil {
		return
	}
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.tell()
}

func (r *Report) tell() {
	r.mu.Lock()
	count := r.count
	if count > 0 {
		r.timer.Stop()
		r.count, r.timer = 0, nil
	}
	r.mu.Unlock()
	if count > 0 {
		r.logger.Warn("A limit was exceeded", "dropped", r.what, "count", count)
	}
}

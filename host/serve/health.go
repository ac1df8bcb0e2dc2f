// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Check is one named health check. It is the HealthChecker of Kubernetes.
type Check interface {
	Name() string
	// Check returns why the process is not healthy, nil if it is. It is called
	// for several requests at once and must return quickly.
	Check(*http.Request) error
}

// Remarker is a [Check] that has something to say although it passes. The
// remark is for everybody's eyes.
type Remarker interface {
	Check
	// Remark returns a few words, or nothing.
	Remark() string
}

// NewCheck returns a check by a function.
func NewCheck(name string, check func(*http.Request) error) Check { return namedCheck{name, check} }

// Ping is the check that always passes.
var Ping = NewCheck("ping", func(*http.Request) error { return nil })

type namedCheck struct {
	name  string
	check func(*http.Request) error
}

func (c namedCheck) Name() string                { return c.name }
func (c namedCheck) Check(r *http.Request) error { return c.check(r) }

// Checks lists the checks of this moment; plugins come and go.
type Checks func() []Check

// health serves checks below /name in the manner of Kubernetes. Reasons are
// logged, and told to whoever may ask for a single check, but not in the
// summary, which everybody may see.
type health struct {
	name   string
	checks Checks
	log    *slog.Logger

	mu      sync.Mutex
	reasons map[string]string // why a check fails, as far as it was said; guarded by mu
}

// note logs what is new about a check: probes come every few seconds.
func (h *health) note(check string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	reason, failed := h.reasons[check]
	switch {
	case err == nil && failed:
		delete(h.reasons, check)
		h.log.Info("Health check passes again", "endpoint", h.name, "check", check)
	case err != nil && reason != err.Error():
		h.reasons[check] = err.Error()
		h.log.Warn("Health check failed", "endpoint", h.name, "check", check, "error", err)
	}
}

func (h *health) register(mux *http.ServeMux) {
	mux.HandleFunc("GET /"+h.name, h.all)
	mux.HandleFunc("GET /"+h.name+"/{check...}", h.one)
}

func (h *health) list() []Check {
	checks := []Check{Ping}
	if h.checks != nil {
		checks = append(checks, h.checks()...)
	}
	return checks
}

func (h *health) all(w http.ResponseWriter, r *http.Request) {
	var lines bytes.Buffer
	var failed []string
	query := r.URL.Query()
	excluded := query["exclude"]
	for _, check := range h.list() {
		name := check.Name()
		if i := slices.Index(excluded, name); i >= 0 {
			excluded = slices.Delete(excluded, i, i+1)
			fmt.Fprintf(&lines, "[+]%s excluded: ok\n", name)
			continue
		}
		err := check.Check(r)
		h.note(name, err)
		if err != nil {
			failed = append(failed, name)
			fmt.Fprintf(&lines, "[-]%s failed: reason withheld\n", name)
			continue
		}
		fmt.Fprintf(&lines, "[+]%s %s\n", name, passed(check))
	}
	if len(excluded) > 0 {
		fmt.Fprintf(&lines, "warn: some health checks cannot be excluded: no matches for %q\n", excluded)
	}
	switch {
	case len(failed) > 0:
		text(w, http.StatusInternalServerError, lines.String()+h.name+" check failed\n")
	case query.Has("verbose"):
		text(w, http.StatusOK, lines.String()+h.name+" check passed\n")
	default:
		text(w, http.StatusOK, "ok")
	}
}

func (h *health) one(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSuffix(r.PathValue("check"), "/")
	for _, check := range h.list() {
		if check.Name() != name {
			continue
		}
		if err := check.Check(r); err != nil {
			text(w, http.StatusInternalServerError, fmt.Sprintf("internal server error: %v\n", err))
			return
		}
		text(w, http.StatusOK, passed(check))
		return
	}
	text(w, http.StatusNotFound, fmt.Sprintf("there is no check %q\n", name))
}

// passed is what is said of a check that passes.
func passed(c Check) string {
	if r, ok := c.(Remarker); ok && r.Remark() != "" {
		return "ok: " + r.Remark()
	}
	return "ok"
}

func text(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // the client is gone if this fails
}

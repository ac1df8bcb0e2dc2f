// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/apiserver/pkg/authentication/authenticator"
)

// TextPage is a page of plain text, which is written each time.
func TextPage(write func(io.Writer)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		write(w)
	})
}

// handler serves everything there is, to whoever asks.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	for name, checks := range map[string]Checks{"healthz": s.config.Healthz, "livez": s.config.Livez, "readyz": s.config.Readyz} {
		h := &health{name: name, checks: checks, log: s.log, reasons: map[string]string{}}
		h.register(mux)
	}
	if s.config.Gatherer != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(s.config.Gatherer, promhttp.HandlerOpts{
			ErrorHandling: promhttp.ContinueOnError, EnableOpenMetrics: true,
		}))
	}
	for path, page := range s.config.Pages {
		mux.Handle("GET "+path, page)
	}
	if s.options.Profiling {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	return uncached(mux)
}

func uncached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache, private")
		next.ServeHTTP(w, r)
	})
}

// guard lets only those through to next who may ask for it.
func (s *Server) guard(next http.Handler, who authenticator.Request, access *access) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		response, ok, err := who.AuthenticateRequest(r)
		if err != nil || !ok {
			s.log.Debug("Request not authenticated", "path", r.URL.Path, "error", err)
			text(w, http.StatusUnauthorized, "Unauthorized\n")
			return
		}
		r.Header.Del("Authorization") // it has served its purpose
		allowed, err := access.allowed(r.Context(), response.User, verb(r), r.URL.Path)
		switch {
		case err != nil:
			s.log.Error("Request not authorized", "path", r.URL.Path, "user", response.User.GetName(), "error", err)
			text(w, http.StatusInternalServerError, "Internal Server Error\n")
		case !allowed:
			text(w, http.StatusForbidden, fmt.Sprintf("Forbidden: user %q cannot %s path %q\n", response.User.GetName(), verb(r), r.URL.Path))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// shutdownTimeout is how long requests may take to finish when Run ends.
const shutdownTimeout = 5 * time.Second

// Config is what a [Server] shows. Everything may be left out.
type Config struct {
	Gatherer prometheus.Gatherer // for /metrics
	Healthz  Checks              // besides "ping", which always passes
	Livez    Checks
	Readyz   Checks
	// Pages are served as they are, by path: /configz, /statusz, /flagz …
	Pages map[string]http.Handler
	// Logger gets failed checks and refused requests; nil discards them.
	Logger *slog.Logger
}

// Server serves HTTP. Make it with [New], then Listen, then Run.
type Server struct {
	options  *Options
	config   Config
	log      *slog.Logger
	secure   net.Listener // nil: not served
	plain    net.Listener
	server   *http.Server // of secure
	watchers watchers
}

// New returns a server for validated options.
func New(o *Options, c Config) *Server {
	s := &Server{options: o, config: c, log: c.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Listen opens the ports and reads certificates and authorities, from the API
// server too if the options say so. After an error nothing is open. Requests
// are answered once Run is called.
func (s *Server) Listen(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.options.PlainAddress != "" {
		if s.plain, err = net.Listen("tcp", s.options.PlainAddress); err != nil {
			return fmt.Errorf("--plain-bind-address: %w", err)
		}
	}
	if s.options.Secure.Port == 0 && s.options.Secure.Listener == nil {
		return nil
	}
	return s.listenSecure(ctx)
}

func (s *Server) listenSecure(ctx context.Context) (err error) {
	o := s.options
	if s.secure, err = o.Secure.listen(ctx); err != nil {
		return err
	}
	reviews, err := reviewClient(o.Authentication.Kubeconfig)
	if err != nil {
		return fmt.Errorf("--authentication-kubeconfig: %w", err)
	}
	accessReviews, err := reviewClient(o.Authorization.Kubeconfig)
	if err != nil {
		return fmt.Errorf("--authorization-kubeconfig: %w", err)
	}
	access, err := o.Authorization.authorizer(accessReviews)
	if err != nil {
		return err
	}
	authority, err := o.Authentication.authority(ctx, &s.watchers, reviews)
	if err != nil {
		return err
	}
	tlsConfig, err := o.Secure.serveTLS(ctx, &s.watchers, authority.all())
	if err != nil {
		return err
	}
	s.server = newHTTPServer(s.guard(s.handler(), o.Authentication.authenticator(authority, reviews), access))
	s.server.TLSConfig = tlsConfig
	s.server.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: o.Secure.HTTP2MaxStreams}
	if o.Secure.DisableHTTP2 {
		s.server.Protocols = new(http.Protocols)
		s.server.Protocols.SetHTTP1(true)
	}
	return nil
}

func (o *SecureOptions) listen(ctx context.Context) (net.Listener, error) {
	if o.Listener != nil {
		return o.Listener, nil
	}
	config := net.ListenConfig{Control: shareAddress(o.PermitPortSharing, o.PermitAddressSharing)}
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(o.BindAddress.String(), strconv.Itoa(o.Port)))
	if err != nil {
		return nil, fmt.Errorf("--bind-address, --secure-port: %w", err)
	}
	return listener, nil
}

func newHTTPServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		MaxHeaderBytes:    1 << 20,
		ReadHeaderTimeout: 32 * time.Second,
		IdleTimeout:       90 * time.Second, // as long as Go's clients keep a connection
	}
}

// SecureAddr returns where HTTPS is served, nil if nowhere.
func (s *Server) SecureAddr() net.Addr { return address(s.secure) }

// PlainAddr returns where plain HTTP is served, nil if nowhere.
func (s *Server) PlainAddr() net.Addr { return address(s.plain) }

func address(l net.Listener) net.Addr {
	if l == nil {
		return nil
	}
	return l.Addr()
}

// Run answers requests until ctx ends, then lets those in flight finish for
// some seconds.
func (s *Server) Run(ctx context.Context) error {
	if s.options.Profiling && s.options.ContentionProfiling {
		runtime.SetBlockProfileRate(1)
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for _, watch := range s.watchers {
		wg.Go(func() { watch(ctx) }) // ends with ctx
	}
	failed := make(chan error, 2)
	if s.plain != nil {
		server := newHTTPServer(s.handler())
		defer shutdown(server)
		wg.Go(func() { failed <- server.Serve(s.plain) }) // ends with shutdown
	}
	if s.secure != nil {
		defer shutdown(s.server)
		wg.Go(func() { failed <- s.server.ServeTLS(s.secure, "", "") }) // ends with shutdown
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("serve http: %w", err)
	}
}

func shutdown(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close() // a profile that is being taken, say
	}
}

func (s *Server) close() error {
	var errs []error
	for _, l := range []net.Listener{s.secure, s.plain} {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	s.secure, s.plain = nil, nil
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, watch := range s.watchers {
		watch(ended)
	}
	return errors.Join(errs...)
}

// verb is how authorization calls the method of a request.
func verb(r *http.Request) string { return strings.ToLower(r.Method) }

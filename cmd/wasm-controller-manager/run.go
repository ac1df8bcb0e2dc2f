// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/klog/v2"

	"github.com/wasm-controller-manager/wcm/host"
	"github.com/wasm-controller-manager/wcm/host/elect"
	"github.com/wasm-controller-manager/wcm/host/metric"
	"github.com/wasm-controller-manager/wcm/host/serve"
	"github.com/wasm-controller-manager/wcm/host/sign"
)

// run is the program after its flags: it wires the parts, runs them until ctx
// ends or one fails, and returns when all have stopped.
func (o *options) run(ctx context.Context) error {
	if err := o.validate(); err != nil {
		return err
	}
	if err := logsapi.ValidateAndApply(o.logging, nil); err != nil {
		return usageError{err}
	}
	defer klog.Flush()
	logger := slog.New(logr.ToSlogHandler(klog.Background()))
	config, err := o.restConfig()
	if err != nil {
		return err
	}
	keys, err := o.loadSigningKeys()
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	metrics := metric.New(registry)
	metrics.ObserveClientGo()
	elector, err := o.elector(config, logger)
	if err != nil {
		return err
	}
	embedded, err := o.controllers.embedded(config, keys, logger)
	if err != nil {
		return err
	}
	h, err := host.New(host.Options{
		Config: config, PluginDir: o.pluginDir, PluginFiles: o.plugins, Embedded: embedded,
		CacheDir: o.compile.cacheDir, Compile: o.compile.options(),
		Leadership: elector, Fence: elector.Fence(),
		SigningKeys: keys, ServiceAccountNamespace: o.accountNamespace(),
		LeaseNamespace: o.election.ResourceNamespace, LeaseName: o.election.ResourceName,
		IdleAfter: o.idleAfter, ReconcileTimeout: o.reconcileTimeout, DrainTimeout: o.shutdownTimeout,
		Registerer: registry, Metrics: metrics, Logger: logger,
	})
	if err != nil {
		return err
	}
	logger.Info("Starting", "version", version)
	defer context.AfterFunc(ctx, func() { logger.Info("Stopping", "cause", context.Cause(ctx)) })()
	return serveWhile(ctx, o.server(h, elector, registry, logger), logger, h.Run)
}

func (o *options) loadSigningKeys() (*sign.Keys, error) {
	sources, err := o.signingKeySources()
	if err != nil {
		return nil, err
	}
	return sign.Load(sources)
}

// elector takes part in the election with a client of its own, so that a
// burst of writes does not cost the lease.
func (o *options) elector(config *rest.Config, logger *slog.Logger) (*elect.Elector, error) {
	own := rest.CopyConfig(config)
	own.QPS, own.Burst, own.RateLimiter = 0, 0, nil
	own.Timeout = o.election.RenewDeadline.Duration / 2
	own.UserAgent += " leader-election"
	client, err := kubernetes.NewForConfig(own)
	if err != nil {
		return nil, fmt.Errorf("leader election: %w", err)
	}
	own.Timeout = 0
	patient, err := kubernetes.NewForConfig(own)
	if err != nil {
		return nil, fmt.Errorf("leader election: %w", err)
	}
	return elect.New(elect.Options{
		Configuration: o.election, Leases: client.CoordinationV1(), Watches: patient.CoordinationV1(), Events: client.CoreV1(), Logger: logger,
	})
}

func (o *options) server(h *host.Host, elector *elect.Elector, gatherer prometheus.Gatherer, logger *slog.Logger) *serve.Server {
	alive := func() []serve.Check { return []serve.Check{elector} }
	ready := func() []serve.Check { return readiness(h) }
	return serve.New(o.serving, serve.Config{
		Gatherer: gatherer, Healthz: alive, Livez: alive, Readyz: ready, Logger: logger,
		Pages: map[string]http.Handler{
			"/statusz": serve.TextPage(func(w io.Writer) { writeStatus(w, h.Status()) }),
		},
	})
}

// serveWhile answers HTTP while work runs, a little longer than it does, so
// that its last metrics can be read.
func serveWhile(ctx context.Context, server *serve.Server, logger *slog.Logger, work func(context.Context) error) error {
	if err := server.Listen(ctx); err != nil {
		return err
	}
	for scheme, address := range map[string]net.Addr{"https": server.SecureAddr(), "http": server.PlainAddr()} {
		if address != nil {
			logger.Info("Serving", "url", scheme+"://"+address.String())
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	serving, stopServing := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	var serveErr error
	running.Go(func() { // ends with serving
		defer stop() // nobody can see the host any more: a restart is better
		serveErr = server.Run(serving)
	})
	err := work(ctx)
	stopServing()
	running.Wait()
	return errors.Join(err, serveErr)
}

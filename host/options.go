// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/install"
	"github.com/wasm-controller-manager/wcm/host/metric"
	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/sign"
)

// Options configures a [Host].
type Options struct {
	// Config reaches the API server. Its QPS and burst are for each plugin whose
	// limits do not say otherwise, and for what the host sends itself; there is
	// none for watches and elections.
	Config *rest.Config
	// PluginDir holds the plugins as NAME.wasm; empty: none.
	PluginDir string
	// PluginFiles are modules given one by one.
	PluginFiles []string
	// Embedded are plugins that come with the program.
	Embedded install.Embedded
	// CacheDir keeps compiled code and the last good version of each plugin
	// over restarts; empty: they are not kept.
	CacheDir string
	// Compile says within which limits modules are compiled. The host fills in
	// the rest.
	Compile module.Options
	// Leadership elects the leader. Required.
	Leadership Elector
	// Fence is what writes have to pass; nil: it is always open.
	Fence *fence.Fence
	// SigningKeys sign for plugins that are granted one; nil: there are none.
	SigningKeys *sign.Keys
	// ServiceAccountNamespace has the ServiceAccounts under whose names plugins
	// send their requests; empty: they send them under the host's.
	ServiceAccountNamespace string
	// LeaseNamespace and LeaseName name the object that the host's own events are about.
	LeaseNamespace, LeaseName string
	// IdleAfter is how long an instance that nobody needs stays in memory, and
	// up to twice that; when a plugin has none, its code stays as long again. Both
	// come back when there is work. 0: 30 s.
	IdleAfter time.Duration
	// ReconcileTimeout bounds one reconcile of plugins whose limits name no
	// other; 0: no bound.
	ReconcileTimeout time.Duration
	// DrainTimeout is how long reconciles in flight may take to end at
	// shutdown; 0: control's default.
	DrainTimeout time.Duration
	// Registerer gets the metrics of plugins. Required.
	Registerer prometheus.Registerer
	// Metrics are the host's own. Required.
	Metrics *metric.Metrics
	Logger  *slog.Logger
}

// Elector decides when this process leads.
type Elector interface {
	// Run calls lead when this process becomes the leader and ends its context
	// when it no longer is. It returns when ctx has ended, lead has returned,
	// and the lease is released; or with an error when the lease was lost.
	Run(ctx context.Context, lead func(ctx context.Context) error) error
}

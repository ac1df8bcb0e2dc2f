// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package controlplane gives tests a real Kubernetes API server: etcd and
// kube-apiserver on loopback, in a child process that ends with the test
// process, however that ends. There is no scheduler, no kubelet and no
// controller in it.
//
// A test package usually wants one for all of its tests, and a namespace for
// each:
//
//	var plane *controlplane.Plane
//
//	func TestMain(m *testing.M) { controlplane.Main(m, &plane, controlplane.Options{}) }
//
//	func TestPods(t *testing.T) {
//		namespace := plane.NamespaceFor(t)
//		client := kubernetes.NewForConfigOrDie(plane.RESTConfig())
//		…
//	}
//
// A package in which only few tests want one calls [Shared] in them instead.
//
// The servers are found in this order: with KUBEBUILDER_ASSETS set, its etcd
// and kube-apiserver; with WCM_CONTROL_PLANE set, that binary; else
// bin/wcm-control-plane of the repository, which is built if need be.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane/bootstrap"
)

// Options are the wishes for a control plane. The zero value is what most
// tests want.
type Options struct {
	// DataDir keeps etcd's data, the certificates and the logs. Empty means a
	// temporary directory, which Stop removes.
	DataDir string

	// Port of the API server. 0 means the one that DataDir was last served on,
	// else a free one.
	Port int

	// FeatureGates of the API server, "A=true,B=false".
	FeatureGates string

	// AuditLog is a file for an audit log of all writes. Empty means none.
	AuditLog string

	// ServiceAccountAdmission turns on the admission plugin that refuses pods
	// in namespaces without a service account "default". A controller creates
	// those in a cluster; NamespaceFor does it here.
	ServiceAccountAdmission bool

	// APIServerArgs are further flags of kube-apiserver.
	APIServerArgs []string

	// StartTimeout bounds each start. 0 means two minutes.
	StartTimeout time.Duration
}

// A Plane is one control plane. What it returns may be used from anywhere;
// starting and stopping it is for one goroutine at a time.
type Plane struct {
	options   Options
	dir       bootstrap.Dir
	temporary bool
	command   command
	process   *process // nil while stopped
	config    *rest.Config
}

// Start starts a control plane and returns when it is ready. ctx bounds the
// start, not the life; the caller stops the Plane.
func Start(ctx context.Context, o Options) (_ *Plane, err error) {
	p := &Plane{options: o, dir: bootstrap.Dir(o.DataDir)}
	if p.command, err = findCommand(ctx); err != nil {
		return nil, fmt.Errorf("control plane: %w", err)
	}
	if o.DataDir == "" {
		dir, err := os.MkdirTemp("", "wcm-control-plane-")
		if err != nil {
			return nil, err
		}
		p.dir, p.temporary = bootstrap.Dir(dir), true
	}
	if err := p.StartAPIServer(ctx); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	if p.config, err = clientcmd.BuildConfigFromFlags("", p.Kubeconfig()); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	p.config.QPS = -1 // the server's own fairness is limit enough for a test
	return p, nil
}

// Kubeconfig is the path of the admin's kubeconfig, certificates inside.
func (p *Plane) Kubeconfig() string { return p.dir.KubeconfigFile() }

// RESTConfig is a client configuration for the admin, without a rate limit.
// The caller owns it.
func (p *Plane) RESTConfig() *rest.Config { return rest.CopyConfig(p.config) }

// URL is the address of the API server. It stays the same over restarts.
func (p *Plane) URL() string { return bootstrap.URL(p.dir.SavedPort()) }

// PKI is the path of a certificate or key by kubeadm's name for it: ca.crt,
// ca.key, sa.key, sa.pub, front-proxy-ca.crt and so on.
func (p *Plane) PKI(name string) string { return p.dir.PKI(name) }

// Log is the path of the servers' log.
func (p *Plane) Log() string { return p.dir.Log() }

// Restart stops and starts the control plane, with the same data, certificates
// and address.
func (p *Plane) Restart(ctx context.Context) error {
	if err := p.StopAPIServer(); err != nil {
		return err
	}
	return p.StartAPIServer(ctx)
}

// StopAPIServer stops the API server, and etcd with it, and keeps the data. A
// stopped one stays stopped.
func (p *Plane) StopAPIServer() error {
	if p.process == nil {
		return nil
	}
	process := p.process
	p.process = nil
	return process.stop()
}

// StartAPIServer starts a stopped control plane again and returns when it is
// ready. A running one stays as it is.
func (p *Plane) StartAPIServer(ctx context.Context) error {
	if p.process != nil {
		return nil
	}
	timeout := p.options.StartTimeout
	if timeout == 0 {
		timeout = 2 * time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	process, err := p.command.start(ctx, request{Options: p.options, dir: p.dir, temporary: p.temporary})
	if err != nil {
		return fmt.Errorf("start the control plane: %w", err)
	}
	p.process = process
	return nil
}

// Stop stops the control plane for good and removes its temporary directory.
func (p *Plane) Stop() error {
	err := p.StopAPIServer()
	if p.temporary {
		err = errors.Join(err, os.RemoveAll(string(p.dir)))
	}
	return err
}

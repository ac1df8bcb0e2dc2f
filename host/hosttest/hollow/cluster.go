// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package hollow runs a whole Kubernetes cluster without machines: the local
// control plane, a controller manager and a scheduler, and the hollow kubelet,
// which plays the nodes. The controllers and the scheduler are either those of
// our host or upstream's; everything else is the same.
package hollow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// Options are the wishes for a cluster.
type Options struct {
	// Bin is the directory with the binaries and plugins that make builds.
	Bin string

	// Dir is for data, logs and plugins. It must exist.
	Dir string

	// Nodes is how many nodes the hollow kubelet plays, 1 at least.
	Nodes int

	// Peer wants kube-controller-manager and kube-scheduler instead of the
	// controllers and the scheduler of our host.
	Peer bool

	// AuditLog is a file for an audit log of all writes, and of what our host and
	// its controllers read. Empty means none.
	AuditLog string

	// QPS and Burst bound the requests of the controller manager per second.
	// 0 means its defaults.
	QPS, Burst int

	// Flags are further flags of the controller manager.
	Flags []string

	// APIServerFlags are further flags of kube-apiserver.
	APIServerFlags []string

	// Manifests are files of the operator for controllers of our host, by the
	// name of the controller. That of the load balancers is [LoadBalancers] if
	// it is not here.
	Manifests map[string]string

	logName string // of the next program; empty: the program's
}

// Cluster is a running cluster.
type Cluster struct {
	// Plane is its control plane.
	Plane *controlplane.Plane

	// Manager is the process with the controllers: our host or
	// kube-controller-manager.
	Manager *Process

	others []*Process
	nodes  int
}

// ClusterCIDR is where nodes get the addresses of their pods from, and
// ServiceCIDR those of Services, as the control plane has it.
const (
	ClusterCIDR = "10.244.0.0/16"
	ServiceCIDR = "10.0.0.0/24"
)

// LoadBalancers is the operator's file of service-lb-controller: a pool of
// addresses that no network routes.
const LoadBalancers = `settings:
  pools:
  - name: cluster
    addresses: [198.51.100.1-198.51.100.254]
`

// Start starts a cluster; the caller stops it. It returns when all processes
// run, not when the nodes are ready.
func Start(ctx context.Context, o Options) (_ *Cluster, err error) {
	c := &Cluster{nodes: o.Nodes}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()
	audit, err := o.auditFlags()
	if err != nil {
		return nil, err
	}
	c.Plane, err = controlplane.Start(ctx, controlplane.Options{
		DataDir: filepath.Join(o.Dir, "control-plane"), AuditLog: o.AuditLog, ServiceAccountAdmission: true,
		APIServerArgs: append(audit, o.APIServerFlags...),
	})
	if err != nil {
		return nil, fmt.Errorf("control plane: %w", err)
	}
	if err := c.startNodes(o); err != nil {
		return nil, err
	}
	if o.Peer {
		err = c.startPeer(o)
		return c, err
	}
	if err = o.admitHost(ctx, c.Plane); err == nil {
		c.Manager, err = StartHost(o, c.Plane)
	}
	return c, err
}

// Stop stops everything, the control plane last.
func (c *Cluster) Stop() error {
	var err error
	for _, p := range append([]*Process{c.Manager}, c.others...) {
		if p != nil {
			err = errors.Join(err, p.Stop())
		}
	}
	if c.Plane != nil {
		err = errors.Join(err, c.Plane.Stop())
	}
	return err
}

// StartHost starts our host with all controllers and the scheduler in a cluster
// that [Start] started with the same options. There can be more than one: they
// elect a leader.
func StartHost(o Options, plane *controlplane.Plane) (*Process, error) {
	folder := filepath.Join(o.Dir, "plugins")
	if err := o.writeManifests(folder); err != nil {
		return nil, err
	}
	args := append(o.managerFlags(plane), "--kubeconfig="+o.hostKubeconfig(), "--controllers="+hostControllers,
		"--plugin-dir="+folder, "--cache-dir="+o.cacheDir(), "--secure-port=0")
	return run(o, "wasm-controller-manager", args...)
}

// cacheDir is where all hosts of the cluster keep compiled code.
func (o Options) cacheDir() string { return filepath.Join(o.Dir, "cache") }

// managerFlags are those that our host and kube-controller-manager share.
func (o Options) managerFlags(plane *controlplane.Plane) []string {
	flags := []string{
		"--use-service-account-credentials",
		"--root-ca-file=" + plane.PKI("ca.crt"),
		"--service-account-private-key-file=" + plane.PKI("sa.key"),
		"--allocate-node-cidrs", "--cluster-cidr=" + ClusterCIDR, "--service-cluster-ip-range=" + ServiceCIDR,
	}
	if o.QPS > 0 {
		flags = append(flags, fmt.Sprint("--kube-api-qps=", o.QPS), fmt.Sprint("--kube-api-burst=", o.Burst))
	}
	return append(flags, o.Flags...)
}

// writeManifests writes the operator's files into the directory of the plugins,
// where they stand over those of the embedded controllers.
func (o Options) writeManifests(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	manifests := map[string]string{"service-lb-controller": LoadBalancers}
	maps.Copy(manifests, o.Manifests)
	for name, content := range manifests {
		if err := os.WriteFile(filepath.Join(folder, name+".yaml"), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) startPeer(o Options) (err error) {
	args := append(o.managerFlags(c.Plane), "--kubeconfig="+c.Plane.Kubeconfig(), "--authentication-kubeconfig="+c.Plane.Kubeconfig(),
		"--authorization-kubeconfig="+c.Plane.Kubeconfig(), "--secure-port=0")
	if c.Manager, err = run(o, "kube-controller-manager", args...); err != nil {
		return err
	}
	return c.start(o, "kube-scheduler", "--kubeconfig="+c.Plane.Kubeconfig(), "--secure-port=0")
}

func (c *Cluster) start(o Options, name string, args ...string) error {
	p, err := run(o, name, args...)
	if err == nil {
		c.others = append(c.others, p)
	}
	return err
}

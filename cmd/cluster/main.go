// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command cluster runs a Kubernetes cluster without machines until Ctrl-C: the
// local control plane, our controllers and scheduler, and hollow nodes. It is run by
// make cluster, from the root of the repository.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/wasm-controller-manager/wcm/host/hosttest/hollow"
)

func main() {
	nodes := flag.Int("nodes", 3, "how many hollow nodes")
	peer := flag.Bool("peer", false, "run kube-controller-manager and kube-scheduler instead of our controllers and scheduler; make peer builds them")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	if err := run(ctx, hollow.Options{Bin: "bin", Nodes: *nodes, Peer: *peer}); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o hollow.Options) (err error) {
	if o.Dir, err = os.MkdirTemp("", "wcm-cluster-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(o.Dir)) }()
	fmt.Println("starting the control plane, the controllers and the nodes")
	c, err := hollow.Start(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	if err := c.Ready(ctx); err != nil {
		return err
	}
	fmt.Printf("%d nodes are ready. Yours until Ctrl-C:\n\n    export KUBECONFIG=%s\n    kubectl get nodes,namespaces,pods --all-namespaces\n\nREADME.md says what else to try. Logs are in %s.\n",
		o.Nodes, c.Plane.Kubeconfig(), o.Dir)
	select {
	case <-ctx.Done():
	case <-c.Manager.Done():
		return fmt.Errorf("%s has ended, see %s", c.Manager.Name, c.Manager.Log)
	}
	fmt.Println("stopping")
	return nil
}

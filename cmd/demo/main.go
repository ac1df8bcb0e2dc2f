// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command demo plays the story of a ReplicationController on the local
// control plane: a real API server, the host with two plugins, and nothing
// else. Every line that it shows of the cluster is an answer of the API
// server. It is run by make demo, from the root of the repository.
//
// With DEMO_EXIT=1 it ends after the story; its exit code is 0 if everything
// happened as told and 1 if not.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/kubernetes"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	if err := run(ctx, &screen{out: os.Stdout}, os.Getenv("DEMO_EXIT") != ""); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run sets the stage, plays, and leaves the stage up for the user unless it
// is to exit.
func run(ctx context.Context, s *screen, exit bool) (err error) {
	folder, err := os.MkdirTemp("", "wcm-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	s.title("Setting the stage")
	if err := buildControlPlane(ctx, s); err != nil {
		return err
	}
	plane, err := controlplane.Start(ctx, controlplane.Options{})
	if err != nil {
		return fmt.Errorf("control plane: %w", err)
	}
	defer func() { err = errors.Join(err, plane.Stop()) }()
	s.say("etcd and kube-apiserver serve %s", plane.URL())
	h, err := startHost(ctx, s, folder, plane.Kubeconfig())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.stop()) }()

	client, err := kubernetes.NewForConfig(plane.RESTConfig())
	if err != nil {
		return err
	}
	if err := play(ctx, &story{screen: s, client: client, plugins: h.plugins}); err != nil {
		return errors.Join(err, h.explain())
	}
	if !exit {
		stay(ctx, s, plane.Kubeconfig(), h)
	}
	return nil
}

func stay(ctx context.Context, s *screen, kubeconfig string, h *hostProcess) {
	s.title("Yours now, until Ctrl-C")
	s.say("kubectl --kubeconfig %s get pods --watch", kubeconfig)
	s.say("the host's plugins:  %s  (replace a file there, it is taken up at once)", h.plugins)
	s.say("the host's log:      %s", h.log)
	s.say("the host's metrics:  http://%s/metrics", h.address)
	select {
	case <-ctx.Done():
	case <-h.done:
	}
	s.say("stopping")
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/rest"
	"k8s.io/component-base/compatibility"
	logsapi "k8s.io/component-base/logs/api/v1"
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // the metrics that kube-apiserver's own main has
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// runAPIServer runs kube-apiserver on the listener until ctx ends, with the
// arguments that its own command line would take. It does what upstream's
// command does, less the signals, which are ours, and may be called once in a
// process: logging, metrics and feature gates are global there.
func runAPIServer(ctx context.Context, args []string, listener net.Listener) error {
	opts, err := parseAPIServer(args)
	if err != nil {
		return err
	}
	opts.SecureServing.Listener = listener
	registry := opts.GenericServerRunOptions.ComponentGlobalsRegistry
	if err := registry.Set(); err != nil {
		return err
	}
	features := registry.FeatureGateFor(compatibility.DefaultKubeComponent)
	if err := logsapi.ValidateAndApply(opts.Logs, features); err != nil {
		return err
	}
	rest.SetDefaultWarningHandler(rest.NoWarnings{}) // it would warn itself

	completed, err := opts.Complete(ctx)
	if err != nil {
		return err
	}
	if errs := completed.Validate(); len(errs) > 0 {
		return utilerrors.NewAggregate(errs)
	}
	return app.Run(ctx, completed)
}

func parseAPIServer(args []string) (*options.ServerRunOptions, error) {
	opts := options.NewServerRunOptions()
	fs := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	for _, section := range opts.Flags().FlagSets {
		fs.AddFlagSet(section)
	}
	if err := fs.Parse(args); err != nil {
		return nil, fmt.Errorf("kube-apiserver flags: %w", err)
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("kube-apiserver flags: unexpected %q", fs.Args())
	}
	return opts, nil
}

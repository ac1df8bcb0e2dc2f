// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command wcm-control-plane is a real Kubernetes control plane in one process:
// etcd and kube-apiserver, linked in, on loopback, for a laptop and for tests.
// It has no scheduler, no kubelet and no controllers; those are the point of
// having it.
//
// Exit codes: 0 stopped as asked, 1 failed, 2 wrong usage, 130 a second signal
// arrived while it was stopping.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // time zones of CronJobs, wherever the binary runs

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/component-base/version"
)

const name = "wcm-control-plane"

const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// usageError is a failure that a look at --help explains.
type usageError struct{ error }

func main() {
	screen, err := keepScreen()
	if err != nil {
		screen = os.Stderr
	}
	os.Exit(run(os.Args[1:], os.Stdout, screen))
}

func run(args []string, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "%s: %v\n", name, err)
	if usage := (usageError{}); errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

func newRootCommand() *cobra.Command {
	// Upstream's libraries put flags of theirs into this set, and cobra would
	// offer them as ours.
	pflag.CommandLine = pflag.NewFlagSet(name, pflag.ContinueOnError)
	root := &cobra.Command{
		Use:           name,
		Short:         "A real etcd and kube-apiserver in one process, for a laptop and for tests",
		Version:       version.Get().GitVersion,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newUpCommand(), newDownCommand(), newKubeconfigCommand())
	return root
}

// noArgs refuses arguments, but for those behind "--".
func noArgs(cmd *cobra.Command, args []string) error {
	if dash := cmd.ArgsLenAtDash(); dash >= 0 {
		args = args[:dash]
	}
	if len(args) > 0 {
		return usageError{fmt.Errorf("unexpected %q; see %s --help", args[0], cmd.CommandPath())}
	}
	return nil
}

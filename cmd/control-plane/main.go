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
	root := &cobra.Command{
		Use:           name,
		Short:         "A real etcd and kube-apiserver in one process, for a laptop and for tests",
		Version:       version.Get().GitVersion,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newUpCommand(), newDownCommand(), newKubeconfigCommand())
	return root
}

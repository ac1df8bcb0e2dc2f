// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command wasm-controller-manager runs controllers that are WebAssembly
// modules, beside kube-controller-manager on the masters of a cluster.
//
// It parses flags, wires and runs; everything else is in package host.
//
// Exit codes: 0 after a clean stop; 1 if it could not start, lost its lease,
// or a command refused a module; 2 if the command line was wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// name is the program's, in messages, events and the user agent.
const name = "wasm-controller-manager"

// version is set by the linker.
var version = "unknown"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// usageError is a mistake on the command line, for exit code 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run is main with its surroundings as parameters. A first signal stops
// gracefully, a second one at once.
func run(arguments []string, stdout, stderr io.Writer) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // gives the second signal back its default effect

	command := rootCommand()
	command.SetArgs(arguments)
	command.SetOut(stdout)
	command.SetErr(stderr)
	err := command.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "%s: %v\n", name, err)
	if errors.As(err, &usageError{}) {
		fmt.Fprintf(stderr, "Run '%s --help' for usage.\n", name)
		return 2
	}
	return 1
}

func rootCommand() *cobra.Command {
	o := newOptions()
	command := &cobra.Command{
		Use:   name,
		Short: "Run controllers that are WebAssembly modules",
		Long: `Runs the controllers of a Kubernetes control plane that come as WebAssembly
modules: those of kube-controller-manager that --controllers names are embedded
in it, and one NAME.wasm file in the plugin directory is one plugin more. Files
that are added, replaced or removed while it runs are taken up without a restart.

It stands beside kube-controller-manager or in its place, with the same flags,
certificates, leader election and endpoints where the meaning is the same.`,
		Version:       version,
		Args:          noArguments,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) error {
			if o.controllers.list {
				return printControllers(command.OutOrStdout())
			}
			return o.run(command.Context())
		},
	}
	command.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	o.addFlags(command)
	command.AddCommand(inspectCommand(), grantsCommand(), rbacCommand(), compileCommand())
	return command
}

func noArguments(_ *cobra.Command, arguments []string) error {
	if len(arguments) > 0 {
		return usageError{fmt.Errorf("unknown command %q", arguments[0])}
	}
	return nil
}

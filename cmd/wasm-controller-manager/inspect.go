// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/module"
)

func inspectCommand() *cobra.Command {
	o := newCompileOptions()
	command := &cobra.Command{
		Use:   "inspect FILE.wasm",
		Short: "Say what a module is, or why the host would refuse it",
		Long: `Prints what a module says of itself: digest, ABI version, controllers, watches,
projections, imports and size. A module that the host would refuse is refused
here, with the same words and exit code 1. No cluster is needed.`,
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return usageError{fmt.Errorf("inspect takes one file, got %d", len(arguments))}
			}
			return nil
		},
		RunE: func(command *cobra.Command, arguments []string) error {
			if err := o.validate(); err != nil {
				return usageError{err}
			}
			return inspect(command.Context(), o.options(), arguments[0], command.OutOrStdout())
		},
	}
	o.addFlags(command.Flags())
	return command
}

func inspect(ctx context.Context, o module.Options, path string, out io.Writer) (err error) {
	wasm, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	o.Host = guest.HostFunction
	compiler, err := module.OpenCompiler(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, compiler.Close(context.WithoutCancel(ctx))) }()
	m, err := compiler.Compile(ctx, wasm)
	if err != nil {
		return fmt.Errorf("%s %w", path, err)
	}
	defer func() { err = errors.Join(err, m.Close(context.WithoutCancel(ctx))) }()
	description, err := guest.Describe(ctx, m, guest.Options{})
	if err != nil {
		return fmt.Errorf("%s %w", path, err)
	}
	_, err = io.WriteString(out, inspection(m.Info, description))
	return err
}

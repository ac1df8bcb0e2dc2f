// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"

	"github.com/spf13/cobra"
)

func inspectCommand() *cobra.Command {
	return pluginCommand(&cobra.Command{
		Use:   "inspect FILE.wasm | CONTROLLER",
		Short: "Say what a module is, or why the host would refuse it",
		Long: `Prints what a module says of itself: digest, ABI version, controllers, watches,
projections, wants, imports and size. A module that the host would refuse is
refused here, with the same words and exit code 1. No cluster is needed.`,
	}, func(p *plugin, out io.Writer) error {
		_, err := io.WriteString(out, inspection(p.info, p.description))
		return err
	})
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/module"
)

func inspectCommand() *cobra.Command {
	return &cobra.Command{
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
			return inspect(command.Context(), arguments[0], command.OutOrStdout())
		},
	}
}

func inspect(ctx context.Context, path string, out io.Writer) (err error) {
	wasm, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	compiler, err := module.OpenCompiler(ctx, module.Options{Host: guest.HostFunction})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, compiler.Close(context.WithoutCancel(ctx))) }()
	m, err := compiler.Compile(ctx, wasm)
	if err != nil {
		return fmt.Errorf("%s %w", path, err)
	}
	defer func() { err = errors.Join(err, m.Close(context.WithoutCancel(ctx))) }()
	description, err := guest.Describe(ctx, m)
	if err != nil {
		return fmt.Errorf("%s %w", path, err)
	}
	_, err = io.WriteString(out, inspection(m.Info, description))
	return err
}

// inspection renders what is known of a module.
func inspection(info *module.Info, d *abi.Description) string {
	var b strings.Builder
	line := func(label, format string, arguments ...any) {
		fmt.Fprintf(&b, "%-13s"+format+"\n", append([]any{label}, arguments...)...)
	}
	line("plugin:", "%s", strings.TrimSpace(d.Name+" "+d.Version))
	line("digest:", "%s", info.Digest)
	line("size:", "%d bytes", info.Size)
	line("ABI:", "%d", info.ABI)
	if d.SDK != "" {
		line("SDK:", "%s", d.SDK)
	}
	line("imports:", "%s", imports(info))
	if d.Settings != nil {
		line("settings:", "%s", d.Settings)
	}
	b.WriteString("controllers:\n")
	for i := range d.Controllers {
		writeController(&b, d, &d.Controllers[i])
	}
	b.WriteString("resources:\n")
	for i := range d.Resources {
		writeResource(&b, &d.Resources[i])
	}
	return b.String()
}

// imports lists the operations, which are what the module can do, and only
// counts the rest.
func imports(info *module.Info) string {
	var operations []string
	others := 0
	for _, f := range info.Imports {
		if f.Module == abi.ImportModule {
			operations = append(operations, f.Name)
		} else {
			others++
		}
	}
	text := strings.Join(operations, ", ")
	if text == "" {
		text = "no operation"
	}
	return fmt.Sprintf("%s; %d functions of WASI", text, others)
}

func writeController(b *strings.Builder, d *abi.Description, c *abi.Controller) {
	workers := max(c.Concurrency, 1)
	fmt.Fprintf(b, "  %s (%d at once)\n", c.Name, workers)
	for _, w := range c.Watches {
		fmt.Fprintf(b, "    %-12s %s", w.Mapping, d.Resources[w.Resource].String())
		if w.Key != "" {
			fmt.Fprintf(b, " by %s", w.Key)
		}
		if w.OrphansOnly {
			b.WriteString(", without controller owner only")
		}
		if w.AnyOwner {
			b.WriteString(", any owner")
		}
		if w.Wake != nil {
			fmt.Fprintf(b, ", woken by %s", w.Wake)
		}
		b.WriteByte('\n')
	}
}

func writeResource(b *strings.Builder, r *abi.Resource) {
	fmt.Fprintf(b, "  %s %s\n", r.String(), r.Kind)
	if r.Projection != nil {
		fmt.Fprintf(b, "    reads   %s\n", r.Projection)
	}
	if len(r.Writes) > 0 {
		fmt.Fprintf(b, "    writes  %s\n", strings.Join(r.Writes, ", "))
	}
	for _, i := range r.Indexes {
		kind := map[abi.IndexKind]string{abi.IndexOwner: "owner", abi.IndexLabel: "label", abi.IndexField: "field"}[i.Kind]
		fmt.Fprintf(b, "    index   %s\n", strings.TrimSpace(kind+" "+i.Key))
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/install"
	"github.com/wasm-controller-manager/wcm/host/manifest"
	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/plugins"
)

// plugin is what a module in a file says of itself.
type plugin struct {
	path        string
	controllers []string            // those of a module with several; empty: all
	embedded    *plugins.Controller // nil: it is a file
	info        *module.Info
	description *abi.Description
}

// name is the one under which the host would install it.
func (p *plugin) name() string { return strings.TrimSuffix(filepath.Base(p.path), install.Extension) }

// word is a text of a module as it can stand in a line: as it is, or quoted if
// it would break out of the line, or not show.
func word(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return strconv.QuoteToASCII(text)
	}
	return text
}

// installable returns an error if the host would install no plugin from a file
// of that name.
func (p *plugin) installable() error {
	if problems := validation.IsDNS1123Label(p.name()); len(problems) > 0 {
		return fmt.Errorf("%s has a name that no plugin can have: %q: %s", p.path, p.name(), strings.Join(problems, "; "))
	}
	return nil
}

// pluginCommand returns a command that takes the file of a module, and says
// something about it without a cluster. The operator's files for it say which
// controllers it has, if there are several.
func pluginCommand(command *cobra.Command, operatorsFiles func(path string) []string, say func(p *plugin, out io.Writer) error) *cobra.Command {
	o := newCompileOptions()
	o.addFlags(command.Flags())
	var controllers []string
	command.Flags().StringSliceVar(&controllers, "controllers", nil,
		"Of a module with several controllers, those that the plugin is to have. If empty, they are those of the operator's file, or all.")
	command.Args = func(_ *cobra.Command, arguments []string) error {
		if len(arguments) != 1 {
			return usageError{fmt.Errorf("%s takes one file or controller, got %d", command.Name(), len(arguments))}
		}
		return nil
	}
	command.RunE = func(command *cobra.Command, arguments []string) error {
		if err := o.validate(); err != nil {
			return usageError{err}
		}
		if len(controllers) == 0 {
			controllers = controllersOf(operatorsFiles(arguments[0]))
		}
		if c, found := plugins.Find(arguments[0]); found {
			return sayOfEmbedded(command.Context(), o.options(), &c, say, command.OutOrStdout())
		}
		wasm, err := os.ReadFile(arguments[0])
		if err != nil {
			return err
		}
		p, err := readPlugin(command.Context(), o.options(), arguments[0], wasm, controllers)
		if err != nil {
			return err
		}
		return say(p, command.OutOrStdout())
	}
	return command
}

// sayOfEmbedded says something about a controller that comes with the program.
func sayOfEmbedded(ctx context.Context, o module.Options, c *plugins.Controller, say func(*plugin, io.Writer) error, out io.Writer) error {
	wasm, err := plugins.Module()
	if err != nil {
		return err
	}
	p, err := readPlugin(ctx, o, c.Name+install.Extension, wasm, []string{c.Name})
	if err != nil {
		return err
	}
	p.embedded = c
	return say(p, out)
}

// beside is the operator's file that the host reads with a module.
func beside(path string) string { return (&install.Plugin{Path: path}).ManifestPath() }

func onlyBeside(path string) []string { return []string{beside(path)} }

// controllersOf returns the controllers that the first of the operator's files
// names that names any.
func controllersOf(operatorsFiles []string) []string {
	for _, file := range operatorsFiles {
		if m := read(file); len(m.Controllers) > 0 {
			return m.Controllers
		}
	}
	return nil
}

// read returns what an operator's file says, and nothing if it is not there, or
// wrong: it is not what the command was asked about.
func read(operatorsFile string) *manifest.Manifest {
	if content, err := os.ReadFile(operatorsFile); err == nil {
		if m, err := manifest.Parse(content); err == nil {
			return m
		}
	}
	return new(manifest.Manifest)
}

// readPlugin describes a module with some of its controllers, or says why the
// host would refuse it.
func readPlugin(ctx context.Context, o module.Options, path string, wasm []byte, controllers []string) (_ *plugin, err error) {
	o.Host, o.Yield = guest.HostFunction, guest.YieldFunction
	compiler, err := module.OpenCompiler(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, compiler.Close(context.WithoutCancel(ctx))) }()
	m, err := compiler.Compile(ctx, wasm)
	if err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	defer func() { err = errors.Join(err, m.Close(context.WithoutCancel(ctx))) }()
	description, err := guest.Describe(ctx, m, guest.Options{Controllers: controllers})
	if err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return &plugin{path: path, controllers: controllers, info: m.Info, description: description}, nil
}

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
)

// plugin is what a module in a file says of itself.
type plugin struct {
	path        string
	controllers []string // those of a module with several; empty: all
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
// something about it without a cluster. The operator's file for it says which
// controllers it has, if there are several.
func pluginCommand(command *cobra.Command, operatorsFile func(path string) string, say func(p *plugin, out io.Writer) error) *cobra.Command {
	o := newCompileOptions()
	o.addFlags(command.Flags())
	var controllers []string
	command.Flags().StringSliceVar(&controllers, "controllers", nil,
		"Of a module with several controllers, those that the plugin is to have. If empty, they are those of the operator's file, or all.")
	command.Args = func(_ *cobra.Command, arguments []string) error {
		if len(arguments) != 1 {
			return usageError{fmt.Errorf("%s takes one file, got %d", command.Name(), len(arguments))}
		}
		return nil
	}
	command.RunE = func(command *cobra.Command, arguments []string) error {
		if err := o.validate(); err != nil {
			return usageError{err}
		}
		if len(controllers) == 0 {
			controllers = controllersOf(operatorsFile(arguments[0]))
		}
		p, err := readPlugin(command.Context(), o.options(), arguments[0], controllers)
		if err != nil {
			return err
		}
		return say(p, command.OutOrStdout())
	}
	return command
}

// beside is the operator's file that the host reads with a module.
func beside(path string) string { return (&install.Plugin{Path: path}).ManifestPath() }

// controllersOf returns the controllers that an operator's file names. One that
// is not there, or wrong, names none: it is not what the command was asked about.
func controllersOf(operatorsFile string) []string {
	content, err := os.ReadFile(operatorsFile)
	if err != nil {
		return nil
	}
	m, err := manifest.Parse(content)
	if err != nil {
		return nil
	}
	return m.Controllers
}

// readPlugin describes a module with some of its controllers, or says why the
// host would refuse it.
func readPlugin(ctx context.Context, o module.Options, path string, controllers []string) (_ *plugin, err error) {
	wasm, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
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
	return &plugin{path, controllers, m.Info, description}, nil
}

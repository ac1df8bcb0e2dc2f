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
	"github.com/spf13/pflag"
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

// pluginOptions are the values of the flags of commands about plugins.
type pluginOptions struct {
	compile     compileOptions
	controllers []string
}

func (o *pluginOptions) addFlags(flags *pflag.FlagSet) {
	o.compile = newCompileOptions()
	o.compile.addFlags(flags)
	flags.StringSliceVar(&o.controllers, "controllers", nil,
		"Of a module with several controllers, those that the plugin is to have. If empty, they are those of the operator's file, or all.")
}

// pluginCommand returns a command that takes the file of a module or the name of
// a controller that comes with the program, and says something about it without
// a cluster.
func pluginCommand(command *cobra.Command, say func(p *plugin, out io.Writer) error) *cobra.Command {
	o := &pluginOptions{}
	o.addFlags(command.Flags())
	command.Args = func(_ *cobra.Command, arguments []string) error {
		if len(arguments) != 1 {
			return usageError{fmt.Errorf("%s takes one file or controller, got %d", command.Name(), len(arguments))}
		}
		return nil
	}
	command.RunE = func(command *cobra.Command, arguments []string) error {
		p, err := o.read(command.Context(), arguments[0])
		if err != nil {
			return err
		}
		return say(p, command.OutOrStdout())
	}
	return command
}

func (o *pluginOptions) read(ctx context.Context, argument string) (*plugin, error) {
	c, found := plugins.Find(argument)
	if !found {
		return o.readFile(ctx, argument, beside(argument))
	}
	embedded, err := o.readEmbedded(ctx, []plugins.Controller{c})
	if err != nil {
		return nil, err
	}
	return embedded[0], nil
}

// readFile describes the module in a file. The first of the operator's files
// that names controllers says which of them the plugin has, if no flag does.
func (o *pluginOptions) readFile(ctx context.Context, path string, operatorsFiles ...string) (*plugin, error) {
	wasm, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	controllers := o.controllers
	if len(controllers) == 0 {
		controllers = controllersOf(operatorsFiles)
	}
	p := &plugin{path: path, controllers: controllers}
	return p, o.describe(ctx, wasm, p)
}

// readEmbedded describes controllers that come with the program.
func (o *pluginOptions) readEmbedded(ctx context.Context, chosen []plugins.Controller) ([]*plugin, error) {
	wasm, err := plugins.Module()
	if err != nil {
		return nil, err
	}
	embedded := make([]*plugin, len(chosen))
	for i := range chosen {
		c := &chosen[i]
		embedded[i] = &plugin{path: c.Name + install.Extension, controllers: []string{c.Name}, embedded: c}
	}
	return embedded, o.describe(ctx, wasm, embedded...)
}

// describe asks a module about itself for each plugin that has some of its
// controllers, or says why the host would refuse it.
func (o *pluginOptions) describe(ctx context.Context, wasm []byte, of ...*plugin) (err error) {
	if len(of) == 0 {
		return nil
	}
	if err := o.compile.validate(); err != nil {
		return usageError{err}
	}
	options := o.compile.options()
	options.Host, options.Yield = guest.HostFunction, guest.YieldFunction
	compiler, err := module.OpenCompiler(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, compiler.Close(context.WithoutCancel(ctx))) }()
	m, err := compiler.Compile(ctx, wasm)
	if err != nil {
		return fmt.Errorf("%s %w", of[0].path, err)
	}
	defer func() { err = errors.Join(err, m.Close(context.WithoutCancel(ctx))) }()
	for _, p := range of {
		p.info = m.Info
		if p.description, err = guest.Describe(ctx, m, guest.Options{Controllers: p.controllers}); err != nil {
			return fmt.Errorf("%s %w", p.path, err)
		}
	}
	return nil
}

// beside is the operator's file that the host reads with a module.
func beside(path string) string { return (&install.Plugin{Path: path}).ManifestPath() }

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

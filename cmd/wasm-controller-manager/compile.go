// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/wasm-controller-manager/wcm/host/module"
)

// compileOptions are the values of the flags for compiling modules.
type compileOptions struct {
	cacheDir string
	timeout  time.Duration
	memory   resource.QuantityValue
}

func newCompileOptions() compileOptions {
	return compileOptions{
		cacheDir: defaultCacheDir(),
		timeout:  time.Minute,
		memory:   resource.QuantityValue{Quantity: resource.MustParse("2Gi")},
	}
}

// defaultCacheDir is the one that systemd gives a unit with CacheDirectory=,
// else the user's.
func defaultCacheDir() string {
	if dir := os.Getenv("CACHE_DIRECTORY"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, name)
}

func (o *compileOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.cacheDir, "cache-dir", o.cacheDir,
		"Directory that keeps compiled modules over restarts; empty: none. Whoever can write to it can run code in this process, so it is not used if others than this user and root can.")
	flags.DurationVar(&o.timeout, "compile-timeout", o.timeout,
		"Processor time that the compilation of a module, in a process of its own, may take before the module is refused.")
	flags.Var(&o.memory, "compile-memory",
		"How much memory the compilation of a module, in a process of its own, may take before the module is refused.")
}

func (o *compileOptions) validate() error {
	if o.timeout <= 0 || o.memory.Sign() <= 0 {
		return errors.New("--compile-timeout and --compile-memory must be positive")
	}
	return nil
}

// options returns them as a compiler takes them.
func (o *compileOptions) options() module.Options {
	return module.Options{
		CacheDir: o.cacheDir, Child: []string{compileCommandName},
		CompileTimeout: o.timeout, CompileMemory: o.memory.Value(),
	}
}

const compileCommandName = "compile-module"

// compileCommand is the program as the compile child, which the host starts
// for each module that is not in the cache. It is not for people.
func compileCommand() *cobra.Command {
	return &cobra.Command{
		Use:    compileCommandName,
		Short:  "Compile the module on standard input for the host",
		Hidden: true,
		Args:   noArguments,
		Run: func(command *cobra.Command, _ []string) {
			os.Exit(module.CompileMain(command.InOrStdin(), command.OutOrStdout(), command.ErrOrStderr()))
		},
	}
}

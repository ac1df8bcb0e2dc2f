// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command bench measures the host beside its peers and prints a table for each
// benchmark, which it also writes to bench/RESULTS.md. README.md says what each
// row measures.
//
// It runs the benchmarks of the registry one after the other, ours and the
// peer's by turns, and shows medians. It reports what it measured, win or
// lose, and never fails because of a figure. It is run from the root of the
// repository.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	run    *regexp.Regexp
	rounds int // 0: what the benchmark wants
	quick  bool
	output string
}

func parse(arguments []string, stderr io.Writer) (options, error) {
	var o options
	var pattern string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&pattern, "run", "", "run only the benchmarks whose name matches this regular expression; without -output nothing is kept then")
	flags.IntVar(&o.rounds, "rounds", 0, "how often each side is measured; 0: as often as the benchmark needs")
	flags.BoolVar(&o.quick, "quick", false, "one short round, to see that everything works; without -output nothing is kept then")
	flags.StringVar(&o.output, "output", "", "file whose sections are replaced by the results (default bench/RESULTS.md, if everything runs)")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	var err error
	if o.run, err = regexp.Compile(pattern); err != nil {
		return o, fmt.Errorf("-run: %w", err)
	}
	if o.output == "" && pattern == "" && !o.quick {
		o.output = resultsFile
	}
	return o, nil
}

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(arguments, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat("bench/README.md"); err != nil {
		return fmt.Errorf("run it from the root of the repository: %w", err)
	}
	dir, err := os.MkdirTemp("", "wcm-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	e := &environment{quick: o.quick, dir: dir, progress: stderr}
	for _, b := range registry {
		if !o.run.MatchString(b.name) {
			continue
		}
		about := describe(ctx)
		rounds, err := measure(ctx, e, b, o.rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		text := section(b, about, rounds)
		fmt.Fprint(stdout, text)
		if o.output == "" {
			continue
		}
		if err := keep(filepath.FromSlash(o.output), b.name, text); err != nil {
			return err
		}
	}
	return nil
}

// measure runs all sides of a benchmark by turns.
func measure(ctx context.Context, e *environment, b benchmark, rounds int) ([]figures, error) {
	if rounds == 0 {
		rounds = b.rounds
	}
	if e.quick {
		rounds = 1
	}
	if b.prepare != nil {
		if err := b.prepare(ctx, e); err != nil {
			return nil, err
		}
	}
	var all []figures
	for round := range rounds {
		all = append(all, figures{})
		for i := range b.sides {
			// The side that goes first changes, for caches and clocks that drift.
			side := b.sides[(i+round)%len(b.sides)]
			fmt.Fprintf(e.progress, "%s: round %d of %d: %s\n", b.name, round+1, rounds, side.name)
			if err := side.measure(ctx, e, all[round]); err != nil {
				return nil, fmt.Errorf("%s: %w", side.name, err)
			}
		}
	}
	return all, nil
}

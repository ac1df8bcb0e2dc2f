// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command conformance runs those of upstream's conformance tests that exercise
// our controllers, on a cluster without machines, and prints a table. It is run by make
// conformance, which builds everything, from the root of the repository. With -peer
// kube-controller-manager and kube-scheduler take the place of our controllers.
//
// Its exit code is 0 if every test passed, and 1 if not.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/wasm-controller-manager/wcm/host/hosttest/hollow"
)

//go:embed tests.tsv
var tests string

func main() {
	var (
		peer     = flag.Bool("peer", false, "run kube-controller-manager and kube-scheduler instead of our controllers and scheduler")
		match    = flag.String("run", "", "run only the tests whose name or controllers match this regular expression")
		parallel = flag.Int("parallel", 3, "how many tests run at once, apart from those that are marked as serial")
		output   = flag.String("output", "", "file that gets the table as well")
	)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	pattern, err := regexp.Compile(*match)
	if err == nil {
		o := hollow.Options{Bin: "bin", Nodes: 3, Peer: *peer, QPS: 200, Burst: 400}
		err = run(ctx, o, chosen(pattern), *parallel, *output)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// test is one of upstream's tests.
type test struct{ controllers, name string }

// names are those of the controllers that the test exercises.
func (t test) names() []string { return strings.Split(t.controllers, ",") }

// serial says that the test tolerates no other one beside it.
func (t test) serial() bool { return strings.Contains(t.name, "[Serial]") }

// focus matches the whole name of the test, whatever labels stand behind it and in
// whatever order.
func (t test) focus() string {
	text := labels.ReplaceAllString(t.name, "")
	return regexp.QuoteMeta(text) + `( \[|$)`
}

var labels = regexp.MustCompile(`( \[[A-Za-z]+\])+$`)

func chosen(pattern *regexp.Regexp) []test {
	var all []test
	for line := range strings.Lines(tests) {
		controllers, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if controllers != "controllers" && pattern.MatchString(line) {
			all = append(all, test{controllers: controllers, name: name})
		}
	}
	return all
}

func run(ctx context.Context, o hollow.Options, all []test, parallel int, output string) (err error) {
	if len(all) == 0 {
		return errors.New("no test matches")
	}
	if o.Dir, err = os.MkdirTemp("", "wcm-conformance-"); err != nil {
		return err
	}
	c, err := hollow.Start(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	s := &suite{binary: filepath.Join(o.Bin, "e2e.test"), kubectl: filepath.Join(o.Bin, "kubectl"), kubeconfig: c.Plane.Kubeconfig(), dir: o.Dir}
	if err := c.Ready(ctx); err != nil {
		return err
	}
	results := s.runAll(ctx, all, parallel)
	table := render(title(o.Peer), results)
	fmt.Print("\n" + table)
	if output != "" {
		if err := os.WriteFile(output, []byte(table), 0o644); err != nil {
			return err
		}
	}
	if failed := countFailed(results); failed > 0 {
		return fmt.Errorf("%d of %d tests failed; logs are in %s", failed, len(all), o.Dir)
	}
	return os.RemoveAll(o.Dir)
}

func title(peer bool) string {
	if peer {
		return "kube-controller-manager and kube-scheduler"
	}
	return "wasm-controller-manager"
}

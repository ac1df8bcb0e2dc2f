// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// testTimeout bounds one test; the longest takes three minutes.
const testTimeout = 8 * time.Minute

// suite is upstream's test binary on a cluster. Each test runs in a process of
// its own, so that one that hangs or crashes costs itself only.
type suite struct{ binary, kubectl, kubeconfig, dir string }

// result is how a test ended.
type result struct {
	test
	failure string // empty: it passed
	took    time.Duration
}

// runAll runs tests, as many at once as it is told, then those that are serial
// one by one, and says how each ended.
func (s *suite) runAll(ctx context.Context, all []test, parallel int) []result {
	results := make([]result, len(all))
	var screen sync.Mutex
	done := 0
	run := func(i int) {
		results[i] = s.run(ctx, i, all[i])
		screen.Lock()
		defer screen.Unlock()
		done++
		r := &results[i]
		fmt.Printf("%3d/%d  %s  %4.0fs  %s\n", done, len(all), verdict(r), r.took.Seconds(), r.name)
		if r.failure != "" {
			fmt.Printf("        %s\n", r.failure)
		}
	}
	free := make(chan struct{}, max(1, parallel))
	var running sync.WaitGroup
	for i := range all {
		if all[i].serial() {
			continue
		}
		free <- struct{}{}
		running.Go(func() { // ends with its test
			defer func() { <-free }()
			run(i)
		})
	}
	running.Wait()
	for i := range all {
		if all[i].serial() {
			run(i)
		}
	}
	return results
}

// run runs one test.
func (s *suite) run(ctx context.Context, number int, t test) result {
	report := filepath.Join(s.dir, fmt.Sprintf("test-%02d.json", number))
	log, err := os.Create(filepath.Join(s.dir, fmt.Sprintf("test-%02d.log", number)))
	if err != nil {
		return result{test: t, failure: err.Error()}
	}
	defer func() { _ = log.Close() }()
	ctx, cancel := context.WithTimeout(ctx, testTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, s.binary, "--test.timeout=0",
		"--kubeconfig="+s.kubeconfig, "--provider=skeleton", "--kubectl-path="+s.kubectl,
		"--ginkgo.focus="+t.focus(), "--ginkgo.json-report="+report, "--ginkgo.no-color")
	command.Stdout, command.Stderr = log, log
	start := time.Now()
	ended := command.Run()
	r := result{test: t, took: time.Since(start)}
	if ctx.Err() != nil {
		r.failure = "stopped: " + ctx.Err().Error()
		return r
	}
	if err := judge(report); err != nil {
		r.failure = err.Error()
	} else if ended != nil {
		r.failure = ended.Error()
	}
	if r.failure != "" {
		r.failure += " (" + log.Name() + ")"
	}
	return r
}

// spec is what is read of ginkgo's report.
type spec struct {
	LeafNodeType string
	State        string
	Failure      struct{ Message string }
}

// judge reads a report: exactly one test must have run and passed.
func judge(report string) error {
	text, err := os.ReadFile(report)
	if err != nil {
		return err
	}
	var reports []struct{ SpecReports []spec }
	if err := json.Unmarshal(text, &reports); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	passed := 0
	for _, r := range reports {
		for _, s := range r.SpecReports {
			switch {
			case s.State == "skipped" && s.Failure.Message == "", s.State == "pending":
			case s.State != "passed":
				return errors.New(s.State + ": " + firstLine(s.Failure.Message))
			case s.LeafNodeType == "It":
				passed++
			}
		}
	}
	if passed != 1 {
		return fmt.Errorf("%d tests have this name, expected one", passed)
	}
	return nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

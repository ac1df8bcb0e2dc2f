// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/wasm-controller-manager/wcm/cmd/chaos/history"
)

// say writes a line with the time since the beginning.
func (r *chaos) say(text string) {
	fmt.Fprintf(r.progress, "%6s  %s\n", time.Since(r.began).Round(time.Second), text)
}

// report says every ten seconds how far the run is, until ctx ends.
func (r *chaos) report(ctx context.Context) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.say(fmt.Sprintf("%d things done, %d changes seen, %d kills, %d exits",
				r.load.Total(), r.recorder.Len(), r.masters.kills.Load(), r.masters.exits.Load()))
		}
	}
}

// table shows what was done and judged.
func (r *chaos) table(settled time.Duration, j history.Judgement) {
	t := tabwriter.NewWriter(r.progress, 0, 0, 2, ' ', 0)
	row := func(what string, value any) { fmt.Fprintf(t, "%s\t%v\n", what, value) }
	row("\nload", r.duration)
	row("hosts killed with -9", r.masters.kills.Load())
	row("hosts that ended by themselves", r.masters.exits.Load())
	row("times that another host took the lead", r.transitions)
	row("restarts of the API server", r.restarts)
	for _, line := range r.load.Counts() {
		row("  "+line, "")
	}
	row("changes recorded", r.recorder.Len())
	row("creations and growths judged", j.Judged)
	row("  of which the limit was not known", j.Unknown)
	row("converged after", settled.Round(time.Second))
	_ = t.Flush() // the screen
}

// signs are what a program writes that has met a bug of its own.
var signs = []string{"panic:", "fatal error:", "[running]:", "DATA RACE", "unexpected fault address"}

// offences are the lines of the programs' logs that tell of bugs.
func offences(dir string) (lines []string, err error) {
	logs, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil {
		return nil, err
	}
	if len(logs) == 0 {
		return nil, errors.New("there is no log in " + dir)
	}
	for _, log := range logs {
		found, err := search(log)
		if err != nil {
			return nil, err
		}
		lines = append(lines, found...)
	}
	return lines, nil
}

func search(log string) (lines []string, err error) {
	file, err := os.Open(log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it is only read
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		for _, sign := range signs {
			if strings.Contains(scanner.Text(), sign) {
				lines = append(lines, fmt.Sprintf("%s: %s", log, scanner.Text()))
				break
			}
		}
	}
	return lines, scanner.Err()
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// hopping is how fast operators act, when they have just acted and when they
// have long been idle.
var hopping = benchmark{
	name: "hops", peer: "controller-runtime", rounds: 3,
	prepare: prepareRing,
	sides:   []side{{"all, in any order", measureHops}},
	rows:    hopsRows(),
}

// The goals, of those crowds that the issue names.
var (
	hopGoals  = map[int]goal{1: {ratio: 1.2}, 10: {ratio: 1.2}, 100: {ratio: 1.2}}
	wakeGoals = map[string]goal{"Go": {most: 40e6}, "TinyGo": {most: 4e6}}
)

func hopsRows() []row {
	var rows []row
	for _, c := range ourCrowds {
		if c.size <= mostProcesses {
			rows = append(rows, c.hopRows()...)
		}
	}
	return rows
}

func (c *crowd) hopRows() []row {
	return []row{
		c.row("hop, median", milliseconds, "hop p50", hopGoals[c.size]),
		c.row("hop, p99", milliseconds, "hop p99", goal{}),
		c.row("first hop after idle, median", milliseconds, "first p50", goal{}),
		c.row("what it is longer than others", milliseconds, "wake", wakeGoals[c.name]),
		c.row("of that, loading code, mean", milliseconds, "load mean", goal{}),
		c.row("code loaded, times", count, "loads", goal{}),
	}
}

// shortPauses are those of a host that takes an operator for idle much sooner
// than usual: to wait longer makes no hop slower.
var shortPauses = pauses{idleAfter: 4 * time.Second, begin: startRest, rest: 20 * time.Second}

// measureHops measures the crowds of both sides on one control plane, one after
// the other in any order, so that nothing that gets slower with time is held
// against a side.
func measureHops(ctx context.Context, e *environment, f figures) error {
	all := slices.DeleteFunc(slices.Concat(ourCrowds, peerCrowds), func(c crowd) bool { return c.size > mostProcesses })
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return measureCrowds(ctx, e, all, shortPauses, f)
}

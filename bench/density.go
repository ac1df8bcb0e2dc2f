// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"
)

// density is what many operators take together.
var density = benchmark{
	name: "density", peer: "controller-runtime", rounds: 1, // it takes more than half an hour
	prepare: prepareRing,
	sides:   []side{{"ours", measureDensity(ourCrowds)}, {"peer", measureDensity(peerCrowds)}},
	rows:    densityRows(),
}

// idleGoals are of those sizes that the issue names.
var idleGoals = map[int]goal{100: {most: 100e6}, 1000: {most: 400e6}}

func densityRows() []row {
	var rows []row
	for _, c := range ourCrowds {
		rows = append(rows,
			c.row("idle, PSS", megabytes, "idle pss", idleGoals[c.size]),
			c.row("idle, RSS", megabytes, "idle rss", goal{}),
			c.row("active, PSS", megabytes, "active pss", goal{}),
		)
		if c.size > mostProcesses { // which hops does not measure
			rows = append(rows, c.hopRows()...)
		}
	}
	return rows
}

const (
	// startRest is when the host has given back what it took to start.
	startRest = 15 * time.Second
	// restFor is how long nothing happens before memory is looked at: the host
	// has dropped instances after a minute at most, code after another half, and
	// given back what that was after ten seconds more.
	restFor = 2 * time.Minute
)

// measureDensity measures one crowd after the other, with the host's own idea of
// when an operator is idle.
func measureDensity(all []crowd) func(ctx context.Context, e *environment, f figures) error {
	return func(ctx context.Context, e *environment, f figures) error {
		p := pauses{begin: startRest, rest: restFor}
		if e.quick {
			p = shortPauses
		}
		return measureCrowds(ctx, e, all, p, f)
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
)

// benchmark is one comparison: its sides are measured, and rows say which of
// their figures stand beside each other.
type benchmark struct {
	name    string
	peer    string // whom we compare with
	rounds  int
	prepare func(ctx context.Context, e *environment) error
	sides   []side
	rows    []row
}

// side measures one of the things that are compared, and adds to the figures.
type side struct {
	name    string
	measure func(ctx context.Context, e *environment, f figures) error
}

// figures are what one round measured, by name.
type figures map[string]float64

// row is one line of the table.
type row struct {
	what string
	unit unit
	// ours and peer name figures; peer may be empty.
	ours, peer string
	goal       goal
}

// goal is what issue and design ask for. A zero field asks for nothing.
type goal struct {
	most  float64 // of ours, in the unit of the figure
	ratio float64 // of ours to the peer's
}

// environment is what benchmarks share.
type environment struct {
	quick    bool
	dir      string // for files that go with the run
	progress io.Writer
}

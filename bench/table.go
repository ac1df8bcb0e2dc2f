// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// unit is how a figure is shown.
type unit struct {
	name  string
	scale float64 // what the figure is divided by
}

// The units. Figures are in nanoseconds, bytes, seconds or counts.
var (
	microseconds = unit{"µs", 1e3}
	bytes        = unit{"B", 1}
	megabytes    = unit{"MB", 1e6}
	mebibytes    = unit{"MiB", 1 << 20}
	milliseconds = unit{"ms", 1e6}
	seconds      = unit{"s", 1}
	count        = unit{"", 1}
)

// show writes a value with three digits that count, or all of a whole number.
func (u unit) show(value float64) string {
	value /= u.scale
	if value == math.Trunc(value) {
		return strings.TrimSpace(fmt.Sprintf("%.0f %s", value, u.name))
	}
	digits := 2 - int(math.Floor(math.Log10(max(math.Abs(value), 1e-9))))
	return strings.TrimSpace(fmt.Sprintf("%.*f %s", min(max(digits, 0), 2), value, u.name))
}

// median returns the median of a figure over the rounds, and whether there is one.
func median(rounds []figures, name string) (float64, bool) {
	var values []float64
	for _, f := range rounds {
		if v, ok := f[name]; ok {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return 0, false
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle], true
	}
	return (values[middle-1] + values[middle]) / 2, true
}

// table writes the rows of a benchmark in Markdown.
func table(b benchmark, rounds []figures) string {
	lines := [][]string{{b.name, "ours", b.peer, "ratio", "goal"}}
	for _, r := range b.rows {
		lines = append(lines, r.cells(rounds))
	}
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var out strings.Builder
	for i, line := range lines {
		for column, cell := range line {
			fmt.Fprintf(&out, "| %s%s ", cell, strings.Repeat(" ", widths[column]-len([]rune(cell))))
		}
		out.WriteString("|\n")
		if i == 0 {
			for column, width := range widths {
				out.WriteString("|" + strings.Repeat("-", width+1))
				out.WriteString(map[bool]string{true: "-", false: ":"}[column == 0])
			}
			out.WriteString("|\n")
		}
	}
	return out.String()
}

func (r row) cells(rounds []figures) []string {
	cells := []string{r.what, "–", "–", "–", r.goal.show(r.unit)}
	ours, measured := median(rounds, r.ours)
	if measured {
		cells[1] = r.unit.show(ours)
	}
	peer, compared := median(rounds, r.peer)
	if compared {
		cells[2] = r.unit.show(peer)
	}
	if measured && ours > 0 && peer > 0 {
		cells[3] = fmt.Sprintf("%.2f", ours/peer)
		if least, most := r.spread(rounds); least < most {
			cells[3] += fmt.Sprintf(" (%.2f–%.2f)", least, most)
		}
	}
	return cells
}

// spread returns the least and the greatest ratio of a round, whose sides were
// measured one after the other: how far the ratio of the medians can be trusted.
func (r row) spread(rounds []figures) (least, most float64) {
	least = math.Inf(1)
	for _, f := range rounds {
		if ours, peer := f[r.ours], f[r.peer]; ours > 0 && peer > 0 {
			least, most = min(least, ours/peer), max(most, ours/peer)
		}
	}
	return least, most
}

func (g goal) show(u unit) string {
	var parts []string
	if g.most > 0 {
		parts = append(parts, "≤ "+trimmed(g.most/u.scale)+" "+u.name)
	}
	if g.ratio > 0 {
		parts = append(parts, "ratio ≤ "+trimmed(g.ratio))
	}
	return strings.Join(parts, ", ")
}

func trimmed(v float64) string { return fmt.Sprintf("%g", v) }

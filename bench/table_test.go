// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	b := benchmark{name: "dispatch", peer: "the peer", rows: []row{
		{"time", microseconds, "ours t", "peer t", goal{most: 8000, ratio: 1}},
		{"memory", bytes, "ours m", "", goal{}},
		{"steady", count, "ours s", "peer s", goal{}},
		{"not measured", count, "ours n", "peer n", goal{}},
	}}
	rounds := []figures{
		{"ours t": 1500, "peer t": 4000, "ours m": 446, "ours s": 2, "peer s": 4},
		{"ours t": 1000, "peer t": 4000, "ours m": 446},
		{"ours t": 9000, "peer t": 4000, "ours m": 446, "ours s": 2, "peer s": 4},
	}
	want := strings.TrimPrefix(`
| dispatch     | ours    | the peer | ratio            | goal              |
|--------------|--------:|---------:|-----------------:|------------------:|
| time         | 1.50 µs | 4 µs     | 0.38 (0.25–2.25) | ≤ 8 µs, ratio ≤ 1 |
| memory       | 446 B   | –        | –                |                   |
| steady       | 2       | 4        | 0.50             |                   |
| not measured | –       | –        | –                |                   |
`, "\n")
	if diff := cmp.Diff(want, table(b, rounds)); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestAddBenchmarks(t *testing.T) {
	for _, c := range []struct {
		why, output string
		want        figures
		failure     string
	}{
		{
			why:    "metrics of sub-benchmarks, without the number of processors",
			output: "goos: linux\nBenchmarkEvent/json-2   142   8356245 ns/op   16815 cpu-ns/event\nPASS\n",
			want:   figures{"ours Event/json ns/op": 8356245, "ours Event/json cpu-ns/event": 16815},
		},
		{why: "one processor has no number", output: "BenchmarkGet 1 5 ns/op", want: figures{"ours Get ns/op": 5}},
		{why: "a misspelt name runs nothing", output: "PASS\n", failure: "no benchmark"},
		{why: "no number", output: "BenchmarkGet-2 1 five ns/op", failure: "five"},
	} {
		got := figures{}
		err := got.addBenchmarks("ours", c.output)
		if c.failure != "" {
			if err == nil || !strings.Contains(err.Error(), c.failure) {
				t.Errorf("%s: addBenchmarks(%q): got error %v, want one with %q", c.why, c.output, err, c.failure)
			}
			continue
		}
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: addBenchmarks(%q): error %v (-want +got):\n%s", c.why, c.output, err, diff)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values   []float64
		want     float64
		measured bool
	}{
		{nil, 0, false},
		{[]float64{3}, 3, true},
		{[]float64{9, 1, 2}, 2, true},
		{[]float64{9, 1, 2, 4}, 3, true},
	} {
		var rounds []figures
		for _, v := range c.values {
			rounds = append(rounds, figures{"f": v})
		}
		got, measured := median(append(rounds, figures{}), "f") // a round may lack a figure
		if got != c.want || measured != c.measured {
			t.Errorf("median(%v): got %v, %t, want %v, %t", c.values, got, measured, c.want, c.measured)
		}
	}
}

func TestShow(t *testing.T) {
	for _, c := range []struct {
		unit  unit
		value float64
		want  string
	}{
		{microseconds, 12345, "12.3 µs"},
		{microseconds, 632_104, "632 µs"},
		{seconds, 0.2301, "0.23 s"},
		{bytes, 11294.2, "11294 B"},
		{count, 1506, "1506"},
		{count, 0, "0"},
	} {
		if got := c.unit.show(c.value); got != c.want {
			t.Errorf("show(%v): got %q, want %q", c.value, got, c.want)
		}
	}
}

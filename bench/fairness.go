// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

// sharing is what a plugin notices of a neighbour that floods.
var sharing = benchmark{
	name: "fairness", peer: "alone", rounds: 3,
	prepare: build(ourHost),
	sides:   []side{ourHost.side("ours", "Fairness", "2x")},
	rows: []row{
		{"reconcile beside a flood, median", milliseconds, "ours Fairness beside-p50-ns", "ours Fairness alone-p50-ns", goal{}},
		{"reconcile beside a flood, p99", milliseconds, "ours Fairness beside-p99-ns", "ours Fairness alone-p99-ns", goal{ratio: 1.5}},
		{"the same without the gate, p99", milliseconds, "ours Fairness ungated-p99-ns", "ours Fairness alone-p99-ns", goal{}},
	},
}

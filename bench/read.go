// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

// reading is the cost of a cached read in a guest.
var reading = benchmark{
	name: "read", peer: "controller-runtime", rounds: 7,
	prepare: build(ourHost, peerTests),
	sides:   []side{ourHost.side("ours", "Get", "1s"), peerTests.side("peer", "Get", "1s")},
	rows: []row{
		{"cached Get of a pod, CPU", microseconds, "ours Get cpu-ns/get", "peer Get cpu-ns/get", goal{most: 8000}},
		{"cached Get of a pod, wall", microseconds, "ours Get ns/get", "peer Get ns/get", goal{}},
	},
}

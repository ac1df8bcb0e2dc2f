// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

// reading is the cost of a cached read in a guest.
var reading = benchmark{
	name: "read", peer: "controller-runtime", rounds: 7,
	prepare: build(ourHost, peerTests),
	sides: []side{
		ourHost.side("ours", "Get", "1s"), peerTests.side("peer", "Get", "1s"),
		ourHost.side("ours", "List", "500ms"), peerTests.side("peer", "List", "500ms"),
	},
	rows: []row{
		{"cached Get of a pod, Go, CPU", microseconds, "ours Get/go cpu-ns/get", "peer Get cpu-ns/get", goal{most: 6000}},
		{"cached Get of a pod, Go, wall", microseconds, "ours Get/go ns/get", "peer Get ns/get", goal{}},
		{"cached Get of a pod, TinyGo, CPU", microseconds, "ours Get/tinygo cpu-ns/get", "peer Get cpu-ns/get", goal{ratio: 1}},
		{"List of 500, per pod, Go, CPU", microseconds, "ours List/go/list cpu-ns/object", "peer List/list cpu-ns/object", goal{most: 3000}},
		{"List of 500 by index, per pod, Go, CPU", microseconds, "ours List/go/list-by-label cpu-ns/object", "peer List/list-by-label cpu-ns/object", goal{most: 3000}},
		{"All of 500, per pod, Go, CPU", microseconds, "ours List/go/all cpu-ns/object", "peer List/list cpu-ns/object", goal{}},
		{"All of 500 by index, per pod, Go, CPU", microseconds, "ours List/go/all-by-label cpu-ns/object", "peer List/list-by-label cpu-ns/object", goal{}},
		{"List of 500, per pod, TinyGo, CPU", microseconds, "ours List/tinygo/list cpu-ns/object", "peer List/list cpu-ns/object", goal{}},
		{"List of 500 by index, per pod, TinyGo, CPU", microseconds, "ours List/tinygo/list-by-label cpu-ns/object", "peer List/list-by-label cpu-ns/object", goal{}},
		{"All of 500, per pod, TinyGo, CPU", microseconds, "ours List/tinygo/all cpu-ns/object", "peer List/list cpu-ns/object", goal{}},
		{"All of 500 by index, per pod, TinyGo, CPU", microseconds, "ours List/tinygo/all-by-label cpu-ns/object", "peer List/list-by-label cpu-ns/object", goal{}},
	},
}

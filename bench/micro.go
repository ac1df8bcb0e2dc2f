// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// The benchmarks of this file are those of go test, in several packages and in
// the peer's module, which gotest.go runs by turns.

// dispatching is the cost of a reconcile that does nothing.
var dispatching = benchmark{
	name: "dispatch", peer: "controller-runtime", rounds: 7,
	prepare: build(ourHost, peerTests),
	sides:   []side{ourHost.side("ours", "Dispatch", "1s"), peerTests.side("peer", "Dispatch", "1s")},
	rows: []row{
		{"no-op reconcile, .wat guest, CPU", microseconds, "ours Dispatch/wat cpu-ns/reconcile", "peer Dispatch cpu-ns/reconcile", goal{ratio: 1}},
		{"no-op reconcile, .wat guest, wall", microseconds, "ours Dispatch/wat ns/reconcile", "peer Dispatch ns/reconcile", goal{}},
		{"no-op reconcile, Go guest, CPU", microseconds, "ours Dispatch/go cpu-ns/reconcile", "peer Dispatch cpu-ns/reconcile", goal{ratio: 1}},
		{"no-op reconcile, Go guest, wall", microseconds, "ours Dispatch/go ns/reconcile", "peer Dispatch ns/reconcile", goal{}},
	},
}

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

// watching is the cost of a watch event.
var watching = benchmark{
	name: "event", peer: "controller-runtime", rounds: 7,
	prepare: build(ourStore, peerTests),
	sides:   []side{ourStore.side("ours", "Event", "1s"), peerTests.side("peer", "Event", "1s")},
	rows: []row{
		{"watch event, protobuf, CPU", microseconds, "ours Event/protobuf cpu-ns/event", "peer Event/protobuf cpu-ns/event", goal{most: 5000}},
		{"watch event, JSON, CPU", microseconds, "ours Event/json cpu-ns/event", "peer Event/json cpu-ns/event", goal{most: 15000}},
	},
}

// growth is whether an event and a reconcile cost the same however many objects
// and plugins there are.
var growth = benchmark{
	name: "growth", peer: "with the fewest", rounds: 3,
	prepare: build(ourStore, ourHost),
	sides: []side{
		ourStore.side("event", "GrowthOfObjects", "1s"), ourStore.side("event", "GrowthOfPlugins", "1s"),
		ourHost.side("reconcile", "GrowthOfObjects", "1s"), ourHost.side("reconcile", "GrowthOfPlugins", "1s"),
	},
	rows: growthRows(),
}

func growthRows() []row {
	objects, plugins := []int{1_000, 10_000, 100_000}, []int{1, 10, 100, 1000}
	var rows []row
	// curve adds a row for each step; format makes the benchmark's name of a step.
	curve := func(what, unit, format string, steps []int, g goal) {
		figure := func(step int) string { return fmt.Sprintf(format, step) + " cpu-ns/" + unit }
		for _, step := range steps {
			rows = append(rows, row{fmt.Sprintf(what, step), microseconds, figure(step), figure(steps[0]), g})
		}
	}
	flat := goal{ratio: 1.1}
	curve("event, %d objects, CPU", "event", "event GrowthOfObjects/%d", objects, flat)
	curve("event, %d plugins with namespaces of their own, CPU", "event", "event GrowthOfPlugins/%d", plugins, flat)
	curve("reconcile with a read, %d objects, CPU", "reconcile", "reconcile GrowthOfObjects/%d", objects, flat)
	curve("reconcile with a read, by one of %d plugins, CPU", "reconcile", "reconcile GrowthOfPlugins/%d/one", plugins, flat)
	curve("reconcile with a read, by each of %d plugins in turn, CPU", "reconcile", "reconcile GrowthOfPlugins/%d/all", plugins, goal{})
	return rows
}

// metering is what guests pay for being counted.
var metering = benchmark{
	name: "meter", peer: "not metered", rounds: 3,
	prepare: build(ourMeter),
	sides:   []side{ourMeter.side("ours", "Meter", "40x")},
	rows: []row{
		{"Go plugin, reconcile that does nothing", microseconds, "ours Meter/go-plugin metered-ns/call", "ours Meter/go-plugin plain-ns/call", goal{ratio: 1.1}},
		{"Go, counting words", microseconds, "ours Meter/go metered-ns/call", "ours Meter/go plain-ns/call", goal{ratio: 1.1}},
		{"TinyGo, counting words", microseconds, "ours Meter/tinygo metered-ns/call", "ours Meter/tinygo plain-ns/call", goal{}},
		{"Rust, counting words", microseconds, "ours Meter/rust metered-ns/call", "ours Meter/rust plain-ns/call", goal{ratio: 1.15}},
		{"C, counting words", microseconds, "ours Meter/c metered-ns/call", "ours Meter/c plain-ns/call", goal{ratio: 1.15}},
		{"Zig, counting words", microseconds, "ours Meter/zig metered-ns/call", "ours Meter/zig plain-ns/call", goal{}},
		{"AssemblyScript, counting words", microseconds, "ours Meter/assemblyscript metered-ns/call", "ours Meter/assemblyscript plain-ns/call", goal{}},
		{"a loop of five instructions", microseconds, "ours Meter/loop metered-ns/call", "ours Meter/loop plain-ns/call", goal{}},
		{"Go plugin, interruptible by wazero instead", microseconds, "ours Meter/go-plugin interruptible-ns/call", "ours Meter/go-plugin plain-ns/call", goal{}},
		{"Go, interruptible by wazero instead", microseconds, "ours Meter/go interruptible-ns/call", "ours Meter/go plain-ns/call", goal{}},
		{"Rust, interruptible by wazero instead", microseconds, "ours Meter/rust interruptible-ns/call", "ours Meter/rust plain-ns/call", goal{}},
		{"C, interruptible by wazero instead", microseconds, "ours Meter/c interruptible-ns/call", "ours Meter/c plain-ns/call", goal{}},
		{"Go plugin, compilation", milliseconds, "ours Meter/go-plugin metered-compile-ns", "ours Meter/go-plugin plain-compile-ns", goal{}},
		{"Go plugin, decoding and rewriting", milliseconds, "ours Meter/go-plugin rewrite-ns", "", goal{}},
		{"Go plugin, size of the module", bytes, "ours Meter/go-plugin metered-B", "ours Meter/go-plugin plain-B", goal{}},
	},
}

// stopping is how late a guest is stopped that does not return.
var stopping = benchmark{
	name: "deadline", peer: "no guest", rounds: 3,
	prepare: build(ourGuests),
	sides:   []side{ourGuests.side("ours", "Deadline", "1x"), ourGuests.side("ours", "Freeze", "1x"), ourGuests.side("idle", "Idle", "1x")},
	rows: []row{
		{"stopped after the deadline, .wat guest, median", milliseconds, "ours Deadline/wat median-ns", "", goal{most: 0.5e6}},
		{"stopped after the deadline, .wat guest, 9 of 10", milliseconds, "ours Deadline/wat p90-ns", "", goal{}},
		{"stopped after the deadline, .wat guest, latest", milliseconds, "ours Deadline/wat max-ns", "", goal{most: 2e6}},
		{"stopped after the deadline, Go guest, median", milliseconds, "ours Deadline/go median-ns", "", goal{most: 0.5e6}},
		{"stopped after the deadline, Go guest, 9 of 10", milliseconds, "ours Deadline/go p90-ns", "", goal{}},
		{"stopped after the deadline, Go guest, latest", milliseconds, "ours Deadline/go max-ns", "", goal{most: 2e6}},
		{"longest gap of a 10 ms ticker, .wat guest spins", milliseconds, "ours Freeze/wat gap-ns", "idle Idle gap-ns", goal{}},
		{"longest gap of a 10 ms ticker, Go guest spins", milliseconds, "ours Freeze/go gap-ns", "idle Idle gap-ns", goal{}},
		{"longest gap of a 10 ms ticker, a guest per processor", milliseconds, "ours Freeze/all gap-ns", "idle Idle gap-ns", goal{}},
	},
}

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

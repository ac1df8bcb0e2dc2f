// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

// The go test packages that have benchmarks.
var (
	ourHost   = &target{name: "host", folder: "host"}
	ourGuests = &target{name: "guest", folder: "host/guest"}
	ourMeter  = &target{name: "meter", folder: "host/meter"}
	ourStore  = &target{name: "store", folder: "bench"}
	peerTests = &target{name: "controller-runtime", folder: "bench/controller-runtime"}
)

// What managers are to converge.
var (
	pods = convergence{
		workload: replicationControllers, size: 200, steps: []int{10},
		controllers: "replicationcontroller-controller", qps: "2000", burst: "4000",
	}
	rollouts          = convergence{workload: deployments, size: 200, steps: []int{5}, qps: "2000", burst: "4000"}
	throttledRollouts = convergence{workload: deployments, size: 200, steps: []int{5}}
)

// rolloutRows are those of both rollouts, with and without a limit of requests.
var rolloutRows = []row{
	{"200 Deployments × 5 pods, wall", seconds, "ours wall", "peer wall", goal{ratio: 1}},
	{"CPU of the manager meanwhile", seconds, "ours cpu", "peer cpu", goal{ratio: 1}},
	{"API requests, all", count, "ours requests", "peer requests", goal{ratio: 1}},
	{"API requests, pods", count, "ours requests pods", "peer requests pods", goal{}},
	{"API requests, replicasets", count, "ours requests replicasets", "peer requests replicasets", goal{}},
	{"API requests, deployments", count, "ours requests deployments", "peer requests deployments", goal{}},
	{"API requests, events", count, "ours requests events", "peer requests events", goal{}},
	{"memory, peak RSS", mebibytes, "ours rss", "peer rss", goal{}},
}

// registry is all benchmarks, in the order of the table.
var registry = []benchmark{
	{
		name: "dispatch", peer: "controller-runtime", rounds: 7,
		prepare: build(ourHost, peerTests),
		sides:   []side{ourHost.side("ours", "Dispatch", "1s"), peerTests.side("peer", "Dispatch", "1s")},
		rows: []row{
			{"no-op reconcile, .wat guest, CPU", microseconds, "ours Dispatch/wat cpu-ns/reconcile", "peer Dispatch cpu-ns/reconcile", goal{ratio: 1}},
			{"no-op reconcile, .wat guest, wall", microseconds, "ours Dispatch/wat ns/reconcile", "peer Dispatch ns/reconcile", goal{}},
			{"no-op reconcile, Go guest, CPU", microseconds, "ours Dispatch/go cpu-ns/reconcile", "peer Dispatch cpu-ns/reconcile", goal{ratio: 1}},
			{"no-op reconcile, Go guest, wall", microseconds, "ours Dispatch/go ns/reconcile", "peer Dispatch ns/reconcile", goal{}},
		},
	},
	{
		name: "read", peer: "controller-runtime", rounds: 7,
		prepare: build(ourHost, peerTests),
		sides:   []side{ourHost.side("ours", "Get", "1s"), peerTests.side("peer", "Get", "1s")},
		rows: []row{
			{"cached Get of a pod, CPU", microseconds, "ours Get cpu-ns/get", "peer Get cpu-ns/get", goal{most: 8000}},
			{"cached Get of a pod, wall", microseconds, "ours Get ns/get", "peer Get ns/get", goal{}},
		},
	},
	{
		name: "memory", peer: "controller-runtime", rounds: 1, // the heap does not vary
		prepare: build(ourStore, peerTests),
		sides:   []side{ourStore.side("ours", "Heap", "1x"), peerTests.side("peer", "Heap", "1x")},
		rows: []row{
			{"heap per cached pod, of 50,000", bytes, "ours Heap B/object", "peer Heap B/object", goal{most: 600, ratio: 0.1}},
		},
	},
	{
		name: "event", peer: "controller-runtime", rounds: 7,
		prepare: build(ourStore, peerTests),
		sides:   []side{ourStore.side("ours", "Event", "1s"), peerTests.side("peer", "Event", "1s")},
		rows: []row{
			{"watch event, protobuf, CPU", microseconds, "ours Event/protobuf cpu-ns/event", "peer Event/protobuf cpu-ns/event", goal{most: 5000}},
			{"watch event, JSON, CPU", microseconds, "ours Event/json cpu-ns/event", "peer Event/json cpu-ns/event", goal{most: 15000}},
		},
	},
	{
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
	},
	{
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
	},
	{
		name: "fairness", peer: "alone", rounds: 3,
		prepare: build(ourHost),
		sides:   []side{ourHost.side("ours", "Fairness", "2x")},
		rows: []row{
			{"reconcile beside a flood, median", milliseconds, "ours Fairness beside-p50-ns", "ours Fairness alone-p50-ns", goal{}},
			{"reconcile beside a flood, p99", milliseconds, "ours Fairness beside-p99-ns", "ours Fairness alone-p99-ns", goal{ratio: 1.5}},
			{"the same without the gate, p99", milliseconds, "ours Fairness ungated-p99-ns", "ours Fairness alone-p99-ns", goal{}},
		},
	},
	{
		name: "converge", peer: "kube-controller-manager", rounds: 3,
		prepare: prepareConverge,
		sides:   []side{pods.side("ours"), pods.side("peer")},
		rows: []row{
			{"200 ReplicationControllers × 10 pods, wall", seconds, "ours wall", "peer wall", goal{}},
			{"CPU of the manager meanwhile", seconds, "ours cpu", "peer cpu", goal{}},
			{"API requests, all", count, "ours requests", "peer requests", goal{}},
			{"API requests, pods", count, "ours requests pods", "peer requests pods", goal{}},
			{"API requests, replicationcontrollers", count, "ours requests replicationcontrollers", "peer requests replicationcontrollers", goal{}},
			{"API requests, events", count, "ours requests events", "peer requests events", goal{}},
			{"memory, peak RSS", mebibytes, "ours rss", "peer rss", goal{}},
			{"start to first reconcile, warm", seconds, "ours start", "peer start", goal{}},
			{"start, nothing compiled yet", seconds, "ours cold start", "", goal{}},
		},
	},
	{
		name: "rollouts", peer: "kube-controller-manager", rounds: 3,
		prepare: prepareConverge,
		sides:   []side{rollouts.side("ours"), rollouts.side("peer")},
		rows:    rolloutRows,
	},
	{
		name: "rollouts-throttled", peer: "kube-controller-manager", rounds: 1, // it is the limit that is measured
		prepare: prepareConverge,
		sides:   []side{throttledRollouts.side("ours"), throttledRollouts.side("peer")},
		rows:    rolloutRows,
	},
	{
		name: "idle", peer: "kube-controller-manager", rounds: 3,
		prepare: prepareConverge,
		sides:   []side{idleManager("ours"), idleManager("peer")},
		rows: []row{
			{"all controllers, nothing to do, RSS", mebibytes, "ours rss", "peer rss", goal{ratio: 0.6}},
			{"PSS", mebibytes, "ours proportional", "peer proportional", goal{ratio: 0.6}},
			{"RSS without files", mebibytes, "ours anonymous", "peer anonymous", goal{}},
			{"Go heap", mebibytes, "ours heap", "peer heap", goal{}},
			{"compiled code", mebibytes, "ours code", "", goal{}},
			{"instances", count, "ours instances", "", goal{}},
			{"their linear memory, touched or not", mebibytes, "ours memories", "", goal{}},
			{"RSS, peak", mebibytes, "ours peak", "peer peak", goal{}},
			{"goroutines", count, "ours goroutines", "peer goroutines", goal{}},
			{"open watches", count, "ours watches", "peer watches", goal{ratio: 1}},
			{"API requests in the first 45 s", count, "ours requests", "peer requests", goal{ratio: 1}},
			{"CPU of the first 45 s", seconds, "ours cpu", "peer cpu", goal{ratio: 1}},
			{"CPU per minute, idle", seconds, "ours idle cpu", "peer idle cpu", goal{ratio: 1}},
		},
	},
	{
		name: "reloads", peer: "after the first 50", rounds: 1,
		prepare: prepareReloads,
		sides:   []side{{"ours", measureReloads}},
		rows: []row{
			{"resident memory after 500 reloads of 5 plugins", mebibytes, "500 rss", "first rss", goal{}},
			{"resident memory after 1,000", mebibytes, "1000 rss", "first rss", goal{}},
			{"resident memory after 1,500", mebibytes, "last rss", "first rss", goal{ratio: 1.15}},
			{"Go heap after 1,500", mebibytes, "last heap", "first heap", goal{}},
			{"goroutines after 1,500", count, "last goroutines", "first goroutines", goal{}},
			{"memory mappings after 1,500", count, "last mappings", "first mappings", goal{}},
			{"open files after 1,500", count, "last files", "first files", goal{}},
			{"one reload, wall", seconds, "wall", "", goal{}},
		},
	},
}

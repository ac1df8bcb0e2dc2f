// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

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

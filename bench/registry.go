// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

// registry is all benchmarks, in the order of the results.
var registry = []benchmark{
	dispatching, reading, caching, watching, metering, stopping, sharing, converging, rollingOut, rollingOutSlowly,
	churning, idling, replacing, failingOver, reloading, hopping, density, growth,
}

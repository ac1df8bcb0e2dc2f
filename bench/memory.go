// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

// caching is the memory of cached objects.
var caching = benchmark{
	name: "memory", peer: "controller-runtime", rounds: 1, // the heap does not vary
	prepare: build(ourStore, peerTests),
	sides:   []side{ourStore.side("ours", "Heap", "1x"), peerTests.side("peer", "Heap", "1x")},
	rows: []row{
		{"heap per cached pod, of 50,000", bytes, "ours Heap B/object", "peer Heap B/object", goal{most: 600, ratio: 0.1}},
	},
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package module turns the bytes of a .wasm file into checked, compiled code.
//
// [Inspect] reads the binary to its last instruction, without running or
// compiling any of it, and says what the file is, or in one sentence why it is
// no module for this host. A [Compiler] rewrites what passed, so that it counts
// its work, and compiles it: once per digest however many plugins use it, in a
// child process with limits, into a cache that outlives the process. It gives
// the code back when the last plugin closes it.
//
// What a module can make wazero do wrong is caught here: it allocates by
// numbers that nobody checked (Inspect has, and what is in the cache has sums),
// compiles without end (in the child), and panics (recovered from, and one more
// way to be refused).
//
// The package never runs a guest: instances are made in the package guest. It
// knows nothing of Kubernetes, of plugins or of where the bytes come from.
//
// Inspect is a pure function. A Compiler and its Modules are safe for
// concurrent use.
package module

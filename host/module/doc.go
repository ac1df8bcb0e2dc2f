// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package module turns the bytes of a .wasm file into checked, compiled code.
//
// [Inspect] reads the binary without running or compiling any of it and says
// what the file is, or in one sentence why it is no module for this host. A
// [Compiler] compiles what passed, once per digest however many plugins use
// it, and gives the code back when the last of them closes it.
//
// The package never runs a guest: instances are made in the package guest. It
// knows nothing of Kubernetes, of plugins or of where the bytes come from.
//
// Inspect is a pure function. A Compiler and its Modules are safe for
// concurrent use.
package module

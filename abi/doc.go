// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package abi is the contract between the host and a guest module, version 1.
//
// It holds the names of the functions that each side exports, the status
// codes, and the messages that cross the boundary with their codec. README.md
// beside this file is the specification; abi.proto is the schema of the
// messages for languages that generate their decoder; the package record has
// the layout of the objects inside the messages.
//
// The package imports the standard library only, uses no reflection, and
// compiles with TinyGo. It never talks to a host, to a guest or to Kubernetes.
// All functions are safe for concurrent use on distinct values.
package abi

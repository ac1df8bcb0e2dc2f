// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package abitest checks that the two sides keep the contract of package abi.
//
// [Run] checks a guest: it runs the module behind a host of its own that
// notes every operation. [RunHost] checks a host: it gives it a guest that
// does what each test tells it. Neither needs a cluster or the host of this
// project. The package is for tests only; it alone under abi imports more
// than the standard library, namely wazero to run guests.
package abitest

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package guest runs modules: it makes instances, calls their exports with the
// messages of package abi, and answers the operations that they call back.
//
// An [Instance] is one linear memory with one owner. It trusts nothing that
// comes out of it: every address, length and message is checked, and after a
// trap, an exit or a result that is none it is dead for good. A [Pool] hands
// out warm instances of one module and replaces the dead.
//
// Every call ends with its context: what the guest waits for ends, operations
// answer StatusCanceled, and a guest that goes on is stopped at its next yield,
// see [YieldFunction]. The fuel that calls spend is counted exactly.
//
// The package decides nothing about Kubernetes: operations go to an
// [abi.Operator] as they come.
//
// An Instance is not safe for concurrent use. A Pool is.
package guest

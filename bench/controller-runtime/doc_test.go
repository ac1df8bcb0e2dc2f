// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package bench has the benchmarks of controller-runtime that stand beside
// ours. It is a module of its own so that the host does not depend on
// controller-runtime.
package bench

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package benchtest has what the benchmarks of several packages and modules
// share, so that all sides of a comparison see the same: pods that differ from
// each other as those of a cluster do, an API server that serves them without
// a network, and the CPU time of the process. It is imported by benchmarks only.
package benchtest

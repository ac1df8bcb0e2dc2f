// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package elect makes sure that of several masters one leads. The leader holds
// a Lease in the API server, through client-go's leader election.
//
// An [Elector] calls a function while it leads, and keeps this order at the
// end: the function's context ends first; when the function has returned,
// writes are refused; only then the Lease is released, so that the next leader
// starts when this one has stopped.
//
// Whether a write may go out is what [Elector.CanWrite] says, from the time of
// the last renewal and the monotonic clock; the elector itself writes nothing
// but its Lease and the Events about it. It starts nothing by itself.
//
// All methods are safe for concurrent use; Run runs once at a time.
package elect

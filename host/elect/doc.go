// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package elect makes sure that of several masters one leads. The leader holds
// a Lease in the API server. A standby watches it and takes it when it is free;
// client-go's leader election keeps it then.
//
// An [Elector] calls a function while it leads, and keeps this order at the
// end: the function's context ends first; when the function has returned,
// writes are refused; only then the Lease is released, so that the next leader
// starts when this one has stopped.
//
// Writes pass the [Elector.Fence]. It is open from the time when a renewal was
// sent that succeeded, for the renew deadline; it is shut at once when the Lease
// is seen to name another process, and before the Lease is released. A lease is
// released only when every write has been answered.
//
// The elector itself writes nothing but its Lease and the Events about it. It
// starts nothing by itself.
//
// All methods are safe for concurrent use; Run runs once at a time.
package elect

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package control runs reconcile loops: it queues keys, hands each to a
// [Reconciler] on one of a few workers, and decides from the [Outcome] when
// the key comes back.
//
// The promise of a [Controller] is that no request is lost: after the last
// Add of a key there is always a later start of a reconcile of that key,
// whatever fails, however often the reconciler is swapped, also when Run stops
// and runs again, and when it was paused by [Controller.Admit]. One key is never reconciled twice at the same time.
//
// What a reconcile does is none of this package's business: it knows neither
// wasm nor Kubernetes, and never reads or writes objects. All decisions are made
// by one pure function, [Decide].
//
// A Controller without work costs the goroutine of Run and no timer: workers
// begin with a key and end when they find no other.
//
// All methods of a Controller are safe for concurrent use.
package control

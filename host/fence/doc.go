// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package fence keeps the writes of a process away from the API server once
// another process may lead.
//
// Whoever holds the lease tells its [Fence] with [Fence.Extend] until when that
// is sure: the trust. Everything that writes goes through [Fence.Transport] and
// [Fence.DialContext], which hold three lines, one behind the other:
//
//   - A request is refused when the trust has ended, just before it would go to
//     a connection, and it ends with the trust as it was when it began.
//   - Each system call that would send bytes is refused when the trust has
//     ended. A request that was stopped half-way, in a queue of the process or
//     by a stopped process, stays incomplete.
//   - When the trust ends, connections are reset, which drops what the kernel
//     has not sent yet. As the process may be stopped at that moment, the kernel
//     itself gives up unacknowledged bytes within half of the margin, the time
//     between the end of the trust and the end of the lease.
//
// Times are those of a clock that counts suspended time. What is left: a process
// that is stopped between the look at the clock and the system call; bytes that
// a machine in between has acknowledged and holds for longer than the margin;
// and a virtual machine that is paused together with all of its clocks.
//
// The package knows neither leases nor Kubernetes. All of it is safe for
// concurrent use.
package fence

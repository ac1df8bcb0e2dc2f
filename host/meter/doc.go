// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package meter rewrites modules so that they count the work they do and
// yield to the host when what they were granted is used up.
//
// A guest that computes is compiled code that nothing can interrupt: Go's
// scheduler and garbage collector wait for it, and with them the whole
// process. So the guest itself counts, in a global of its own called fuel:
//
//	fuel -= weight            ;; of the code that follows
//	if fuel >= 0 {} else {
//		fuel = yield()    ;; imported from the host
//	}
//
// This charge stands where a function begins and where a loop turns, and
// weighs, instruction by instruction, all code that can run until the next
// charge. What is behind a call is charged in part where the function ends.
// Operations whose time depends on a length are charged by it, and long ones
// are done in pieces with a charge between them. So whatever a module does
// between two yields is at most twice what it was granted, and what it has
// done when a call returns is paid for.
//
// [Rewrite] adds
//
//   - the import wcm_meter.yield, of type () i64, behind all others. It is
//     called when fuel is negative, and returns the new fuel;
//   - the mutable global of type i64, exported as wcm_meter_fuel. It begins at
//     0, so the first charge yields. The host may read and set it whenever the
//     guest does not run: what was granted less what is left is the work done;
//   - functions behind all others that do operations of a length;
//   - exports of a module's own mutable globals, if the module is [Copyable], so
//     that the host can make a copy of an instance.
//
// Nothing in the module can name them: its indexes were checked before. Code
// of Go's compiler is also made to jump ahead without a detour, which makes up
// for the time that the charges take. A module means what it meant, except that a table does not grow beyond
// [MaxTableEntries] and custom sections are dropped; names of functions stay,
// so that traps can be read. An invalid module stays invalid.
//
// The package is pure: it runs nothing, and knows nothing of plugins.
package meter

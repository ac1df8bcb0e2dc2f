// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicas

import "iter"

// burst is how many pods one reconcile creates or deletes at most. The rest
// follows in the next one, which the changes of these pods bring about.
const burst = 500

// shortfall says how many pods to create or to delete now. At most one of the
// two is not zero.
func shortfall(active, wanted int) (create, remove int) {
	if active < wanted {
		return min(wanted-active, burst), 0
	}
	return 0, min(active-wanted, burst)
}

// batches yields the sizes of the batches in which n pods are created side by
// side: 1, 2, 4 and so on. Stopping after a batch in which something failed keeps a
// hopeless template or an exhausted quota from costing n requests and events.
func batches(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for size := 1; n > 0; size *= 2 {
			size = min(size, n)
			if !yield(size) {
				return
			}
			n -= size
		}
	}
}

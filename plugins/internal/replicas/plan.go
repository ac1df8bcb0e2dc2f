// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicas

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

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicationcontroller

import "github.com/wasm-controller-manager/wcm/sdk"

// claim is what becomes of a pod with regard to one replication controller.
type claim int

const (
	claimNone    claim = iota // not ours, and not to be ours
	claimKeep                 // ours
	claimAdopt                // an orphan that is to be ours
	claimRelease              // ours, but the selector no longer matches
)

// judge decides about an active pod of the namespace. A replication
// controller that is being deleted keeps what it has: it neither adopts nor
// releases, so that the garbage collector finds its pods.
func judge(rc *ReplicationController, pod *Pod) claim {
	owner := pod.ControllerOwner()
	matches := selects(rc.selector(), pod.Labels)
	switch {
	case owner != nil && owner.UID != rc.UID:
		return claimNone
	case owner != nil && matches:
		return claimKeep
	case rc.Deleting():
		return claimNone
	case owner != nil:
		return claimRelease
	case matches:
		return claimAdopt
	}
	return claimNone
}

// selects reports whether labels have every entry of the selector. A selector
// of nothing selects nothing, unlike the ones of newer APIs.
func selects(selector, labels sdk.Labels) bool {
	return len(selector) > 0 && labels.Contains(selector)
}

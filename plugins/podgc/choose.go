// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package podgc

import (
	"cmp"
	"slices"
	"strings"
)

// surplus returns those of the pods that have ended which are above the
// threshold: evicted ones before others, which controllers may still count,
// then older ones, then by name.
func surplus(ended []Pod, threshold int) []Pod {
	if threshold <= 0 || len(ended) <= threshold {
		return nil
	}
	slices.SortFunc(ended, compareTerminated)
	return ended[:len(ended)-threshold]
}

func compareTerminated(a, b Pod) int {
	return cmp.Or(
		-compareBools(evicted(&a), evicted(&b)),
		a.Own.CreationTimestamp.Compare(b.Own.CreationTimestamp.Time),
		strings.Compare(a.Name, b.Name),
		strings.Compare(a.Namespace, b.Namespace),
	)
}

func evicted(p *Pod) bool { return p.Status.Phase == phaseFailed && p.Status.Reason == "Evicted" }

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// terminating returns those of the pods that are being deleted, and are not
// gone but for finalizers.
func terminating(all []Pod) []Pod {
	return slices.DeleteFunc(all, func(p Pod) bool { return !p.deleting() || p.forced() })
}

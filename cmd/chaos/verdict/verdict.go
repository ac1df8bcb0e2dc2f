// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package verdict says what is wrong with a cluster that has had time to settle:
// what has not converged, what exists twice or should not exist, and what is
// missing. It looks at one state of the cluster and knows nothing of the way
// there; it changes nothing.
package verdict

import (
	"fmt"
	"slices"

	"github.com/wasm-controller-manager/wcm/cmd/chaos/load"
)

// Judge returns a sentence for each thing that is wrong in the namespaces of
// the load, in the order of the alphabet.
func Judge(s *State, wishes load.Wishes) []string {
	v := &verdict{State: s, wishes: wishes}
	v.checkNodes()
	v.checkNamespaces()
	v.checkOwners()
	v.checkWorkloads()
	v.checkPods()
	v.checkServices()
	v.checkQuotas()
	slices.Sort(v.wrong)
	return slices.Compact(v.wrong)
}

type verdict struct {
	*State

	wishes load.Wishes
	wrong  []string
}

func (v *verdict) blame(format string, args ...any) {
	v.wrong = append(v.wrong, fmt.Sprintf(format, args...))
}

// same blames somebody if two numbers differ.
func same[T comparable](v *verdict, who, what string, got, want T) {
	if got != want {
		v.blame("%s: %s is %v, want %v", who, what, got, want)
	}
}

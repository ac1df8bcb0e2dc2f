// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// targets returns the resources that can be in a namespace and be deleted, each
// in one version, the preferred one if there is one. Pods come first, and apart
// from the others: while they run, they may need what else is there.
func targets(served []sdk.APIResource) (pods, others []sdk.APIResource) {
	chosen := map[string]sdk.APIResource{}
	for _, r := range served {
		if !r.Namespaced || !r.Can("delete") {
			continue
		}
		if _, known := chosen[title(&r)]; !known || r.Preferred {
			chosen[title(&r)] = r
		}
	}
	for at, r := range chosen {
		if at == "pods." {
			pods = append(pods, r)
		} else {
			others = append(others, r)
		}
	}
	slices.SortFunc(others, func(a, b sdk.APIResource) int { return strings.Compare(title(&a), title(&b)) })
	return pods, others
}

// title names a resource as the conditions do: "deployments.apps", and "pods."
// in the core group.
func title(r *sdk.APIResource) string { return r.Resource + "." + r.Group }

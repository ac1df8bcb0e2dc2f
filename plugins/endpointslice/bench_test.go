// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpointslice

import (
	"fmt"
	"testing"

	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// BenchmarkPlan plans a service of 1000 pods whose slices are right.
func BenchmarkPlan(b *testing.B) {
	var web backend.Service
	if err := sdk.Raw(service).Decode(&web); err != nil {
		b.Fatal(err)
	}
	members := make([]member, 1000)
	for i := range members {
		if err := sdk.Raw(pod(fmt.Sprintf("p%04d", i), fmt.Sprintf("10.0.%d.%d", i/250, i%250+1))).Decode(&members[i].Pod); err != nil {
			b.Fatal(err)
		}
	}
	var existing []*backend.Slice
	for i, draft := range plan(&web, members, nil, 100).Create {
		slice := &backend.Slice{AddressType: draft.AddressType, Endpoints: draft.Endpoints, Ports: draft.Ports}
		slice.Name, slice.Labels = fmt.Sprint(i), draft.Labels
		slice.OwnerReferences = []sdk.OwnerReference{{APIVersion: "v1", Kind: "Service", Name: "web", UID: web.UID}}
		existing = append(existing, slice)
	}
	b.ReportAllocs()
	for b.Loop() {
		if changes := plan(&web, members, existing, 100); !changes.None() {
			b.Fatalf("changes: got %v, want none", changes)
		}
	}
}

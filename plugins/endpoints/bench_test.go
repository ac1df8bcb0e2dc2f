// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpoints

import (
	"fmt"
	"testing"

	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// BenchmarkDesired compares a service of 1000 pods with Endpoints that are right.
func BenchmarkDesired(b *testing.B) {
	var web backend.Service
	if err := sdk.Raw(service).Decode(&web); err != nil {
		b.Fatal(err)
	}
	selected := make([]backend.Pod, 1000)
	for i := range selected {
		if err := sdk.Raw(pod(fmt.Sprintf("p%04d", i), fmt.Sprintf("10.0.%d.%d", i/250, i%250+1))).Decode(&selected[i]); err != nil {
			b.Fatal(err)
		}
	}
	var current Endpoints
	first := desired(&web, selected, nil)
	current.Labels, current.Subsets = first.labels, first.subsets
	b.ReportAllocs()
	for b.Loop() {
		if s := desired(&web, selected, &current); !s.matches(&current) {
			b.Fatal("got a change, want none")
		}
	}
}

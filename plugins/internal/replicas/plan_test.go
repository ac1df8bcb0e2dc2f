// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicas

import (
	"slices"
	"testing"
)

func TestShortfall(t *testing.T) {
	tests := map[string]struct{ active, wanted, create, remove int }{
		"Settled":     {active: 3, wanted: 3},
		"FromNothing": {active: 0, wanted: 2, create: 2},
		"Down":        {active: 5, wanted: 1, remove: 4},
		"ToNothing":   {active: 5, wanted: 0, remove: 5},
		"BurstUp":     {active: 10, wanted: 2000, create: 500},
		"BurstDown":   {active: 2000, wanted: 10, remove: 500},
		"JustBelow":   {active: 0, wanted: 499, create: 499},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			create, remove := shortfall(tt.active, tt.wanted)
			if create != tt.create || remove != tt.remove {
				t.Errorf("shortfall(%d, %d) = create %d, remove %d, want %d, %d",
					tt.active, tt.wanted, create, remove, tt.create, tt.remove)
			}
		})
	}
}

func TestBatches(t *testing.T) {
	tests := map[string]struct {
		n    int
		want []int
	}{
		"None":  {n: 0, want: nil},
		"One":   {n: 1, want: []int{1}},
		"Two":   {n: 2, want: []int{1, 1}},
		"Five":  {n: 5, want: []int{1, 2, 2}},
		"Burst": {n: 500, want: []int{1, 2, 4, 8, 16, 32, 64, 128, 245}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := slices.Collect(batches(tt.n)); !slices.Equal(got, tt.want) {
				t.Errorf("batches(%d) = %v, want %v", tt.n, got, tt.want)
			}
		})
	}
}

func TestBatchesStop(t *testing.T) {
	for range batches(5) {
		break // yield returned false: the iterator must not call it again, or the loop panics
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicas

import "testing"

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

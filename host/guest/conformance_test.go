// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/abitest"
	"github.com/wasm-controller-manager/wcm/host/guest"
)

// TestConformance: this host keeps the contract.
func TestConformance(t *testing.T) {
	abitest.RunHost(t, func(t *testing.T, wasm []byte, op abi.Operator) abitest.Reconciler {
		return instantiate(t, compile(t, open(t), maybeCopied(t, wasm)), guest.Options{Plugin: "abitest", Operator: op})
	})
}

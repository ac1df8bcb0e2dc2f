// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build wasip1 && !tinygo

package sdk

import "github.com/wasm-controller-manager/wcm/sdk/internal/reseed"

// exportRenew is called in a copy of an initialized instance. What the copies must
// not have in common is the runtime's random numbers alone.
//
//go:wasmexport wcm_renew
func exportRenew() uint32 {
	if !reseed.Runtime() {
		return 1
	}
	return 0
}

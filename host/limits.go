// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/manifest"
)

// guestLimits returns options that hold instances to a plugin's limits.
func guestLimits(l manifest.Limits) guest.Options {
	return guest.Options{
		MemoryLimit:  uint64(l.Memory),
		MessageLimit: int(l.MessageSize),
		RecycleAbove: uint64(l.RecycleMemory),
		OutputLimit:  int(l.LogLineSize),
	}
}

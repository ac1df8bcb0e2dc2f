// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/manifest"
)

// guestOptions returns options that hold instances to what the operator's file
// says of them.
func guestOptions(m *manifest.Manifest) guest.Options {
	l := m.Limits
	return guest.Options{
		Controllers:  m.Controllers,
		MemoryLimit:  uint64(l.Memory),
		MessageLimit: int(l.MessageSize),
		RecycleAbove: uint64(l.RecycleMemory),
		OutputLimit:  int(l.LogLineSize),
	}
}

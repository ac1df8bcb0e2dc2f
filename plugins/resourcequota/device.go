// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package resourcequota

import "github.com/wasm-controller-manager/wcm/sdk"

// mostDevices is how many devices a claim can be given, and what a request for all
// counts as.
const mostDevices = 32

// DeviceClaim is what the plugin reads of a ResourceClaim.
type DeviceClaim struct {
	sdk.Header
	Spec struct {
		Devices struct {
			Requests []DeviceRequest `json:"requests"`
		} `json:"devices"`
	} `json:"spec"`
}

// DeviceRequest asks for devices, or for the first of some alternatives.
type DeviceRequest struct {
	Exactly        DeviceCount   `json:"exactly"`
	FirstAvailable []DeviceCount `json:"firstAvailable"`
}

// DeviceCount is so many devices of a class.
type DeviceCount struct {
	DeviceClassName string `json:"deviceClassName"`
	AllocationMode  string `json:"allocationMode"`
	Count           uint64 `json:"count"`
}

// of returns how many devices of the class are asked for.
func (d *DeviceCount) of(class string) uint64 {
	switch {
	case d.DeviceClassName != class:
	case d.AllocationMode == "All":
		return mostDevices
	case d.AllocationMode == "ExactCount":
		return d.Count
	}
	return 0
}

// devices returns how many devices of a class the claim may be given: of
// alternatives, the most.
func (c *DeviceClaim) devices(class string) (n uint64) {
	for i := range c.Spec.Devices.Requests {
		r := &c.Spec.Devices.Requests[i]
		most := r.Exactly.of(class)
		for j := range r.FirstAvailable {
			most = max(most, r.FirstAvailable[j].of(class))
		}
		n += most
	}
	return n
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package guest

// region is memory of the Go heap, which is copied as it grows.
type region struct{ bytes []byte }

func reserve(uint64) (region, error) { return region{}, nil }

// commit returns the first size bytes. What is new is zero.
func (r *region) commit(size uint64) ([]byte, error) {
	if grown := int(size) - len(r.bytes); grown > 0 {
		r.bytes = append(r.bytes, make([]byte, grown)...)
	}
	return r.bytes[:size:size], nil
}

func (r *region) release() error {
	r.bytes = nil
	return nil
}

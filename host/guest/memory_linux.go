// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import "golang.org/x/sys/unix"

// region is a range of addresses of which the beginning can be used.
type region struct {
	bytes     []byte // all of it
	committed uint64 // how many of them can be used
}

// reserve takes addresses, and no memory, until release.
func reserve(size uint64) (region, error) {
	if size == 0 {
		return region{}, nil
	}
	b, err := unix.Mmap(-1, 0, int(size), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	return region{bytes: b}, err
}

// commit makes the first size bytes usable and returns them. What is new is
// zero, and takes space once it is touched.
func (r *region) commit(size uint64) ([]byte, error) {
	if size > r.committed {
		if err := unix.Mprotect(r.bytes[r.committed:size], unix.PROT_READ|unix.PROT_WRITE); err != nil {
			return nil, err
		}
		r.committed = size
	}
	return r.bytes[:size:size], nil
}

func (r *region) release() error {
	b := r.bytes
	*r = region{}
	if b == nil {
		return nil
	}
	return unix.Munmap(b)
}

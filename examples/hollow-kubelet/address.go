// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"hash/fnv"
	"net/netip"
)

// maxNodes is how many nodes have addresses.
const maxNodes = 128

// nodeAddress returns the address of the node with this index.
func nodeAddress(index int) netip.Addr {
	return netip.AddrFrom4([4]byte{172, 31, byte(index), 1})
}

// podAddress returns the address that a pod on the node with this index tries
// at the given attempt. Each node has a /16 of its own. Starting at a hash of
// the uid makes the first attempt a free address almost always, and needs no
// memory of what was given out.
func podAddress(index int, uid string, attempt uint16) netip.Addr {
	h := fnv.New32a()
	_, _ = h.Write([]byte(uid))
	host := uint16(h.Sum32()) + attempt
	return netip.AddrFrom4([4]byte{10, byte(128 + index), byte(host >> 8), byte(host)})
}

// spread returns the index of the node to which a pod is bound, which depends
// on the pod alone, so that trying again gives the same answer.
func spread(uid string, nodes int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(uid))
	return int(h.Sum32() % uint32(nodes))
}

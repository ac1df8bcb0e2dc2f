// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodeipam

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"slices"
	"sort"
)

// pool is a cluster's range, divided into blocks of one size of which each
// node gets one. Blocks are numbered from 0.
type pool struct {
	cluster netip.Prefix
	bits    int    // the mask size of a block
	count   uint64 // of blocks
	taken   []span // ascending, with a free block between any two
}

// span is the blocks from first to last.
type span struct{ first, last uint64 }

// newPool returns a pool in which every block is free. The cluster's range is
// masked, and its mask at most 62 bits shorter than that of a block.
func newPool(cluster netip.Prefix, bits int) pool {
	return pool{cluster: cluster, bits: bits, count: 1 << (bits - cluster.Bits())}
}

// span returns the blocks that have an address of the range; false if none has.
func (p *pool) span(r netip.Prefix) (span, bool) {
	switch {
	case !p.cluster.Overlaps(r):
		return span{}, false
	case r.Bits() <= p.cluster.Bits():
		return span{0, p.count - 1}, true
	}
	first := p.index(r.Masked().Addr())
	if r.Bits() >= p.bits {
		return span{first, first}, true
	}
	return span{first, first + 1<<(p.bits-r.Bits()) - 1}, true
}

// take marks blocks as taken, which they may be already.
func (p *pool) take(s span) {
	i := sort.Search(len(p.taken), func(i int) bool { return p.taken[i].last+1 >= s.first })
	j := i
	for j < len(p.taken) && p.taken[j].first <= s.last+1 {
		s = span{min(s.first, p.taken[j].first), max(s.last, p.taken[j].last)}
		j++
	}
	p.taken = slices.Replace(p.taken, i, j, s)
}

// free returns the first free block from start on, and then from 0; false if
// there is none.
func (p *pool) free(start uint64) (uint64, bool) {
	if start >= p.count {
		start = 0
	}
	for range 2 {
		i := sort.Search(len(p.taken), func(i int) bool { return p.taken[i].last >= start })
		if i == len(p.taken) || p.taken[i].first > start {
			return start, true
		}
		if start = p.taken[i].last + 1; start < p.count {
			return start, true
		}
		start = 0
	}
	return 0, false
}

// index returns the block of an address of the cluster.
func (p *pool) index(a netip.Addr) uint64 {
	high, low := words(a)
	clusterHigh, clusterLow := words(p.cluster.Addr())
	low, borrow := bits.Sub64(low, clusterLow, 0)
	high, _ = bits.Sub64(high, clusterHigh, borrow)
	shift := uint(p.cluster.Addr().BitLen() - p.bits)
	if shift >= 64 {
		return high >> (shift - 64)
	}
	return high<<(64-shift) | low>>shift
}

// block returns the range of a block.
func (p *pool) block(index uint64) netip.Prefix {
	shift := uint(p.cluster.Addr().BitLen() - p.bits)
	high, low := index>>(64-shift), index<<shift
	if shift >= 64 {
		high, low = index<<(shift-64), 0
	}
	clusterHigh, clusterLow := words(p.cluster.Addr())
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], clusterHigh|high)
	binary.BigEndian.PutUint64(b[8:], clusterLow|low)
	a := netip.AddrFrom16(b)
	if p.cluster.Addr().Is4() {
		a = a.Unmap()
	}
	return netip.PrefixFrom(a, p.bits)
}

// words returns the address as a number of 128 bits.
func words(a netip.Addr) (high, low uint64) {
	b := a.As16()
	return binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
}

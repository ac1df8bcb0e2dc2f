// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build wasip1 && !tinygo

// Package reseed gives a copy of an instance random numbers of its own.
//
// Go's runtime asks for randomness once, when it starts, and draws from a
// generator of its own from then on: for math/rand, hash/maphash, the hash of
// each map and the order in which it is walked. Copies of an instance would all
// draw the same. The runtime has no function to seed it again, so this package
// looks for the generator's state and checks it against what was just drawn:
// with a runtime in which it looks different nothing is found, and nothing
// changed. Not renewed are the runtime's second generator, by which select and
// the scheduler choose, and the key by which all maps hash, as in any process.
// crypto/rand asks the host each time.
package reseed

import (
	"syscall"
	"unsafe"
)

// generator is the layout of internal/chacha8rand.State.
type generator struct {
	numbers [32]uint64
	seed    [4]uint64
	next    uint32 // of numbers
	end     uint32 // of those that may be drawn
	_       uint32
}

// thread returns the runtime's m, which has the generator somewhere.
//
//go:linkname thread runtime.getm
func thread() unsafe.Pointer

// draw returns the generator's next number.
//
//go:linkname draw runtime.rand
func draw() uint64

// span is how many bytes of a thread's state are searched. It has 1.5 KB.
const span = 4 << 10

// Runtime fills the generator with numbers from the host, and reports whether it
// has found it.
func Runtime() bool {
	g := find()
	if g == nil {
		return false
	}
	fresh := unsafe.Slice((*byte)(unsafe.Pointer(g)), unsafe.Offsetof(g.next))
	if syscall.RandomGet(fresh) != nil {
		return false
	}
	if g.next >= g.end {
		return true
	}
	drawn := draw()
	return drawn == g.numbers[g.next-1]
}

func find() *generator {
	m := thread()
	for range 2 { // it may make new numbers between two draws, and not again soon
		one, other := draw(), draw()
		for at := uintptr(0); at < span; at += 8 {
			if g := (*generator)(unsafe.Add(m, at)); g.drew(one, other) {
				return g
			}
		}
	}
	return nil
}

// drew reports whether these are the numbers that were drawn last.
func (g *generator) drew(one, other uint64) bool {
	n := g.next
	return n >= 2 && n <= g.end && g.end <= uint32(len(g.numbers)) && g.numbers[n-1] == other && g.numbers[n-2] == one
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"fmt"
	"unicode/utf8"
)

// reader walks over bytes of a wasm binary. The first error sticks and every
// later read returns zero, so a caller may read a whole entry and look at err
// once; loops end by it.
type reader struct {
	rest []byte
	at   int    // position of rest in the file
	what string // what is read, for errors: "import section"
	err  error
}

// malformed records why the bytes are no WebAssembly.
func (r *reader) malformed(format string, args ...any) {
	if r.err != nil {
		return
	}
	r.err = refuse(Malformed, "is malformed WebAssembly: %s, byte %d: %s", r.what, r.at, fmt.Sprintf(format, args...))
	r.rest = nil
}

// bytes returns the next n bytes, which alias the file.
func (r *reader) bytes(n uint32) []byte {
	if uint64(n) > uint64(len(r.rest)) {
		r.malformed("%d bytes expected, %d are left", n, len(r.rest))
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	r.at += int(n)
	return b
}

func (r *reader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// uint32 reads an unsigned LEB128 number of at most five bytes.
func (r *reader) uint32() uint32 {
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		if r.err != nil {
			return 0
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if v>>32 != 0 {
				break
			}
			return uint32(v)
		}
	}
	r.malformed("the number does not fit into 32 bits")
	return 0
}

// count reads how many entries follow. Each takes a byte at least, so a count
// is safe to allocate by.
func (r *reader) count() int {
	n := r.uint32()
	if r.err == nil && uint64(n) > uint64(len(r.rest)) {
		r.malformed("%d entries declared, %d bytes are left", n, len(r.rest))
		return 0
	}
	return int(n)
}

func (r *reader) name() string {
	b := r.bytes(r.uint32())
	if !utf8.Valid(b) {
		r.malformed("the name %q is not UTF-8", b)
		return ""
	}
	return string(b)
}

// end checks that nothing is left.
func (r *reader) end() {
	if r.err == nil && len(r.rest) > 0 {
		r.malformed("%d bytes behind the last entry", len(r.rest))
	}
}

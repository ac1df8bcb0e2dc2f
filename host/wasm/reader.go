// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm

import (
	"fmt"
	"unicode/utf8"
)

// reader walks over a part of a file. The first error sticks, empties what is
// left and makes every later read return zero, so a caller may read a whole
// entry and look at err once; loops end by it.
type reader struct {
	file     []byte // up to the end of the part
	at       int    // in the file
	section  string // for errors
	function int    // for errors, -1 outside of code
	err      *Error
}

// fail records why the bytes at an offset are refused.
func (r *reader) fail(kind Kind, offset int, format string, args ...any) {
	if r.err != nil {
		return
	}
	r.err = &Error{Kind: kind, Section: r.section, Function: r.function, Offset: offset, Detail: fmt.Sprintf(format, args...)}
	r.file = r.file[:0]
	r.at = 0
}

func (r *reader) malformed(format string, args ...any) {
	r.fail(Malformed, r.at, format, args...)
}

// limit checks a figure against its limit.
func (r *reader) limit(found, limit int, what string) {
	if found > limit {
		r.fail(OverLimit, r.at, "%d %s, at most %d are allowed", found, what, limit)
	}
}

// left returns how many bytes are left.
func (r *reader) left() int { return len(r.file) - r.at }

// part takes the next n bytes as a reader of their own.
func (r *reader) part(n uint32) reader {
	start := r.at
	r.bytes(n)
	if r.err != nil {
		return reader{section: r.section, function: r.function, err: r.err}
	}
	return reader{file: r.file[:r.at], at: start, section: r.section, function: r.function}
}

// bytes returns the next n bytes, which alias the file.
func (r *reader) bytes(n uint32) []byte {
	if uint64(n) > uint64(r.left()) {
		r.malformed("%d bytes expected, %d are left", n, r.left())
		return nil
	}
	b := r.file[r.at : r.at+int(n) : r.at+int(n)]
	r.at += int(n)
	return b
}

func (r *reader) byte() byte {
	if r.at < len(r.file) {
		b := r.file[r.at]
		r.at++
		return b
	}
	r.malformed("it ends in the middle of an entry")
	return 0
}

// uint32 reads an unsigned LEB128 number of 32 bits.
func (r *reader) uint32() uint32 {
	if r.at < len(r.file) { // most numbers are small
		if b := r.file[r.at]; b < 0x80 {
			r.at++
			return uint32(b)
		}
	}
	return r.longUint32()
}

func (r *reader) longUint32() uint32 {
	start := r.at
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if v>>32 != 0 {
				break
			}
			return uint32(v)
		}
	}
	r.fail(Malformed, start, "the number does not fit into 32 bits")
	return 0
}

// signed reads a signed LEB128 number of the given bits.
func (r *reader) signed(bits int) int64 {
	start := r.at
	var v int64
	for shift := 0; shift < bits; shift += 7 {
		b := r.byte()
		v |= int64(b&0x7f) << shift
		if b >= 0x80 {
			continue
		}
		if rest := bits - shift; rest < 7 {
			// The bits beyond the number must repeat its sign.
			if sign := int8(b<<1) >> rest; sign != 0 && sign != -1 {
				break
			}
		}
		if unused := 64 - shift - 7; unused > 0 {
			v = v << unused >> unused
		}
		return v
	}
	r.fail(Malformed, start, "the number does not fit into %d bits", bits)
	return 0
}

// count reads how many entries follow. Each takes a byte at least, so a count
// is safe to allocate by.
func (r *reader) count(limit int, what string) int {
	start := r.at
	n := r.uint32()
	switch {
	case r.err != nil:
		return 0
	case uint64(n) > uint64(r.left()):
		r.malformed("%d %s declared, %d bytes are left", n, what, r.left())
		return 0
	case uint64(n) > uint64(limit):
		r.fail(OverLimit, start, "%d %s, at most %d are allowed", n, what, limit)
		return 0
	}
	return int(n)
}

// name reads a string of UTF-8. It is not limited: that it is in the file
// bounds it.
func (r *reader) name() string {
	start := r.at
	b := r.bytes(r.uint32())
	if !utf8.Valid(b) {
		r.fail(Malformed, start, "the name %.100q is not UTF-8", b)
		return ""
	}
	return string(b)
}

// index reads an index and checks it.
func (r *reader) index(of int, what string) uint32 {
	start := r.at
	i := r.uint32()
	if r.err == nil && uint64(i) >= uint64(of) {
		r.fail(Malformed, start, "%s %d, there are %d", what, i, of)
		return 0
	}
	return i
}

// end checks that nothing is left.
func (r *reader) end() {
	if r.err == nil && r.left() > 0 {
		r.malformed("%d bytes behind the last entry", r.left())
	}
}

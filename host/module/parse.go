// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"bytes"
	"encoding/binary"
)

// file is what the parser reads from a binary: as much as the contract is
// checked by. Code and data are skipped.
type file struct {
	types     []functionType
	functions []uint32 // type index of each function, the imported ones first
	imports   []symbol
	exports   []symbol
	memories  []Memory // the imported ones first
	declared  int      // functions of the function section
	bodies    int      // functions of the code section
}

// symbol is an import or an export.
type symbol struct {
	module    string // imports only
	name      string
	kind      byte
	signature Signature // functions only
	index     uint32    // exports only
}

// The kinds of symbol.
const (
	kindFunction = 0
	kindTable    = 1
	kindMemory   = 2
	kindGlobal   = 3
	kindTag      = 4
)

var kindNames = [...]string{"function", "table", "memory", "global", "tag"}

// describe renders what a symbol is: its signature, or its kind.
func (s symbol) describe() string {
	if s.kind == kindFunction {
		return string(s.signature)
	}
	return "a " + kindNames[s.kind]
}

// section is a section of the binary. rank gives the order in which sections
// must come, which is not that of the numbers.
type section struct {
	name string
	rank int
	read func(f *file, r *reader) // nil: only its count is checked
}

const sectionCustom = 0

var sections = [...]section{
	1:  {"type section", 1, (*file).readTypes},
	2:  {"import section", 2, (*file).readImports},
	3:  {"function section", 3, (*file).readFunctions},
	4:  {"table section", 4, nil},
	5:  {"memory section", 5, (*file).readMemories},
	6:  {"global section", 7, nil},
	7:  {"export section", 8, (*file).readExports},
	8:  {"start section", 9, (*file).readStart},
	9:  {"element section", 10, nil},
	10: {"code section", 12, (*file).readCode},
	11: {"data section", 13, nil},
	12: {"data count section", 11, (*file).readStart}, // one number, too
	13: {"tag section", 6, nil},
}

var (
	magic   = []byte("\x00asm")
	version = []byte{1, 0, 0, 0}
)

// parse reads a binary. It is strict where it looks and never reads or
// allocates by a number that the bytes do not bear out.
func parse(wasm []byte) (*file, error) {
	if err := checkHeader(wasm); err != nil {
		return nil, err
	}
	f := &file{}
	r := reader{rest: wasm[8:], at: 8, what: "section header"}
	for rank := 0; len(r.rest) > 0; {
		id, size := r.byte(), r.uint32()
		if r.err != nil || uint64(size) > uint64(len(r.rest)) {
			return nil, truncated(&r, id, size)
		}
		body := reader{at: r.at}
		body.rest = r.bytes(size)
		if id == sectionCustom {
			continue
		}
		if int(id) >= len(sections) {
			return nil, refuse(Malformed, "is malformed WebAssembly: byte %d: unknown section %d", body.at, id)
		}
		body.what = sections[id].name
		if sections[id].rank <= rank {
			body.malformed("repeated or out of order")
		}
		rank = sections[id].rank
		if f.readSection(&body, sections[id]); body.err != nil {
			return nil, body.err
		}
	}
	if f.declared != f.bodies {
		return nil, refuse(Truncated, "is truncated: it declares %d functions and has the code of %d", f.declared, f.bodies)
	}
	return f, nil
}

func checkHeader(wasm []byte) error {
	switch {
	case len(wasm) == 0:
		return refuse(NotWasm, "is empty, expected a WebAssembly module")
	case !bytes.HasPrefix(wasm, magic[:min(len(wasm), len(magic))]):
		return refuse(NotWasm, "is no WebAssembly module: starts with %q, expected \"\\0asm\"", wasm[:min(len(wasm), 8)])
	case len(wasm) < 8:
		return refuse(Truncated, "is truncated: %d bytes, the header alone takes 8", len(wasm))
	case bytes.Equal(wasm[4:8], version):
		return nil
	case binary.LittleEndian.Uint16(wasm[6:]) == 1:
		return refuse(NotWasm, "is a WebAssembly component, not a core module: build it for wasip1 instead of wasip2")
	}
	return refuse(NotWasm, "has version %d of the binary format, expected 1", binary.LittleEndian.Uint32(wasm[4:]))
}

func truncated(r *reader, id byte, size uint32) error {
	if r.err != nil {
		return refuse(Truncated, "is truncated: it ends at byte %d inside the header of a section", r.at)
	}
	name := "custom section"
	if id > 0 && int(id) < len(sections) {
		name = sections[id].name
	}
	return refuse(Truncated, "is truncated: the %s declares %d bytes, %d are left", name, size, len(r.rest))
}

func (f *file) readSection(r *reader, s section) {
	if s.read == nil {
		r.count()
		return
	}
	s.read(f, r)
	r.end()
}

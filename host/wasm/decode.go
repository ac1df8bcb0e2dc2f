// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm

import (
	"bytes"
	"encoding/binary"
	"math"
)

// decoder is the state of [Decode].
type decoder struct {
	m      *Module
	limits *Limits

	declared  int // functions of the function section
	dataCount int // of the data count section; -1 without one
	custom    int // bytes of custom sections
	customs   int
	entries   int // of element segments
	cursor    Cursor
}

// section says how a section is read. rank gives the order in which sections
// must come, which is not that of the numbers.
type section struct {
	name string
	rank int
	read func(d *decoder, r *reader)
}

var sections = [...]section{
	SectionType:      {"type section", 1, (*decoder).types},
	SectionImport:    {"import section", 2, (*decoder).imports},
	SectionFunction:  {"function section", 3, (*decoder).functions},
	SectionTable:     {"table section", 4, (*decoder).tables},
	SectionMemory:    {"memory section", 5, (*decoder).memories},
	SectionGlobal:    {"global section", 6, (*decoder).globals},
	SectionExport:    {"export section", 7, (*decoder).exports},
	SectionStart:     {"start section", 8, (*decoder).start},
	SectionElement:   {"element section", 9, (*decoder).elements},
	SectionDataCount: {"data count section", 10, (*decoder).readDataCount},
	SectionCode:      {"code section", 11, (*decoder).code},
	SectionData:      {"data section", 12, (*decoder).data},
}

// headerSize is that of the magic number and the version.
const headerSize = 8

// Decode reads a module and checks it against the limits. The error is an
// [*Error]. The module keeps a reference to the file.
func Decode(file []byte, limits Limits) (*Module, error) {
	if err := checkHeader(file); err != nil {
		return nil, err
	}
	if len(file) > limits.Size {
		return nil, wholeFile(OverLimit, "%d bytes, at most %d are allowed", len(file), limits.Size)
	}
	d := decoder{m: &Module{File: file, Start: -1}, limits: &limits, dataCount: -1}
	r := reader{file: file, at: headerSize, function: -1}
	for rank := 0; r.left() > 0; {
		if err := d.section(&r, &rank); err != nil {
			return nil, err
		}
	}
	if d.declared != len(d.m.Code) {
		return nil, wholeFile(Truncated, "it declares %d functions and has the code of %d", d.declared, len(d.m.Code))
	}
	if d.dataCount >= 0 && d.dataCount != len(d.m.Data) {
		return nil, wholeFile(Truncated, "it declares %d data segments and has %d", d.dataCount, len(d.m.Data))
	}
	return d.m, nil
}

func wholeFile(kind Kind, format string, args ...any) *Error {
	r := reader{function: -1}
	r.fail(kind, -1, format, args...)
	return r.err
}

var (
	magic   = []byte("\x00asm")
	version = []byte{1, 0, 0, 0}
)

func checkHeader(file []byte) error {
	switch {
	case len(file) == 0:
		return wholeFile(NotWasm, "is empty, expected a WebAssembly module")
	case !bytes.HasPrefix(file, magic[:min(len(file), len(magic))]):
		return wholeFile(NotWasm, "is no WebAssembly module: starts with %q, expected \"\\0asm\"", file[:min(len(file), headerSize)])
	case len(file) < headerSize:
		return wholeFile(Truncated, "%d bytes, the header alone takes %d", len(file), headerSize)
	case bytes.Equal(file[4:headerSize], version):
		return nil
	case binary.LittleEndian.Uint16(file[6:]) == 1:
		return wholeFile(NotWasm, "is a WebAssembly component, not a core module: build it for wasip1 instead of wasip2")
	}
	return wholeFile(NotWasm, "has version %d of the binary format, expected 1", binary.LittleEndian.Uint32(file[4:]))
}

// section reads the next section; rank is that of the one before.
func (d *decoder) section(r *reader, rank *int) error {
	start, end := r.at, len(r.file)
	id, size := r.byte(), r.uint32()
	known := int(id) < len(sections) && (id == SectionCustom || sections[id].read != nil)
	switch {
	case r.err != nil:
		return wholeFile(Truncated, "it ends at byte %d inside the header of a section", end)
	case id == sectionTag:
		r.fail(Unsupported, start, "section %d of exception handling", id)
		return r.err
	case !known:
		r.fail(Malformed, start, "unknown section %d", id)
		return r.err
	case uint64(size) > uint64(r.left()):
		return wholeFile(Truncated, "the %s declares %d bytes, %d are left", sectionName(id), size, r.left())
	}
	body := r.part(size)
	body.section = sectionName(id)
	s := Section{ID: id, Start: body.at, End: r.at}
	if id == SectionCustom {
		d.customSection(&body, &s)
	} else {
		if sections[id].rank <= *rank {
			body.malformed("repeated or out of order")
		}
		*rank = sections[id].rank
		sections[id].read(d, &body)
		body.end()
	}
	d.m.Sections = append(d.m.Sections, s)
	if body.err != nil {
		return body.err
	}
	return nil
}

func sectionName(id byte) string {
	if id == SectionCustom {
		return "custom section"
	}
	return sections[id].name
}

func (d *decoder) customSection(r *reader, s *Section) {
	d.customs++
	d.custom += s.End - s.Start
	r.limit(d.customs, d.limits.CustomSections, "custom sections")
	r.limit(d.custom, d.limits.CustomBytes, "bytes of custom sections")
	s.Name = r.name()
	s.Start = s.End - r.left()
}

func (d *decoder) start(r *reader) {
	at := r.at
	i := r.index(len(d.m.Functions), "start function")
	if r.err != nil {
		return
	}
	if t := d.m.FuncType(i); len(t.Params)+len(t.Results) > 0 {
		r.fail(Malformed, at, "start function of type %s, expected ()", t)
	}
	d.m.Start = int(i)
}

func (d *decoder) readDataCount(r *reader) {
	d.dataCount = int(min(r.uint32(), math.MaxInt32))
}

// data reads the data segments.
func (d *decoder) data(r *reader) {
	n := r.count(d.limits.Data, "data segments")
	d.m.Data = make([]Data, 0, n)
	for range n {
		at := r.at
		var segment Data
		switch flags := r.uint32(); flags {
		case 0:
			d.memoryIndex(r, 0, at)
			segment.Offset = d.constant(r)
		case 1:
		case 2:
			d.memoryIndex(r, r.uint32(), at)
			segment.Offset = d.constant(r)
		default:
			r.fail(Malformed, at, "data segment of unknown form %d", flags)
		}
		size := r.uint32()
		segment.Start = r.at
		if r.bytes(size); r.err != nil {
			return
		}
		segment.End = r.at
		d.m.Data = append(d.m.Data, segment)
	}
}

func (d *decoder) memoryIndex(r *reader, i uint32, at int) {
	if r.err == nil && uint64(i) >= uint64(len(d.m.Memories)) {
		r.fail(Malformed, at, "memory %d, there are %d", i, len(d.m.Memories))
	}
}

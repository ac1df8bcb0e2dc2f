// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm

import (
	"fmt"
	"strings"
)

// Module is a decoded module. Everything in it is in range; its strings,
// slices and offsets refer to File, which must not change.
//
// Each index space has the imported entries first.
type Module struct {
	File      []byte
	Sections  []Section // all of them, in the order of the file
	Types     []FuncType
	Imports   []Import
	Functions []uint32 // the type of each function
	Tables    []Table
	Memories  []Memory // at most one
	Globals   []Global
	Exports   []Export
	Start     int // the start function; -1 for none
	Elements  []Element
	Code      []Code // of the functions that are not imported
	Data      []Data
	// Rearranges reports that an instruction writes to a table, or gives up a
	// segment: what an instance is then, its memory and globals do not tell.
	Rearranges bool

	imported [4]int // entries of the import section, by Kind
}

// Section is where a section's content is in the file.
type Section struct {
	ID         byte
	Name       string // of a custom section
	Start, End int    // of the content; behind the name of a custom section
}

// The numbers of the sections.
const (
	SectionCustom = iota
	SectionType
	SectionImport
	SectionFunction
	SectionTable
	SectionMemory
	SectionGlobal
	SectionExport
	SectionStart
	SectionElement
	SectionCode
	SectionData
	SectionDataCount
	sectionTag
)

// External is what an import or export can be.
type External byte

// The externals by their byte in the binary.
const (
	ExternalFunction External = iota
	ExternalTable
	ExternalMemory
	ExternalGlobal
)

// String returns the word for it: "function".
func (e External) String() string {
	names := [...]string{"function", "table", "memory", "global"}
	if int(e) < len(names) {
		return names[e]
	}
	return fmt.Sprintf("external 0x%02x", byte(e))
}

// Import is an entry of the import section. Index is its place in the index
// space of its kind, where it can be looked up.
type Import struct {
	Module, Name string
	Kind         External
	Index        uint32
}

// Export is an entry of the export section.
type Export struct {
	Name  string
	Kind  External
	Index uint32
}

// ValueType is the type of a value by its byte in the binary.
type ValueType byte

// The value types.
const (
	I32       ValueType = 0x7f
	I64       ValueType = 0x7e
	F32       ValueType = 0x7d
	F64       ValueType = 0x7c
	V128      ValueType = 0x7b
	FuncRef   ValueType = 0x70
	ExternRef ValueType = 0x6f
)

// String returns the name in the text format: "i32".
func (t ValueType) String() string {
	switch t {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	case V128:
		return "v128"
	case FuncRef:
		return "funcref"
	case ExternRef:
		return "externref"
	}
	return fmt.Sprintf("0x%02x", byte(t))
}

func (t ValueType) known() bool { return t >= V128 && t <= I32 || t.reference() }

func (t ValueType) reference() bool { return t == FuncRef || t == ExternRef }

// FuncType is the type of a function.
type FuncType struct{ Params, Results []ValueType }

// String returns the types of the parameters in parentheses, then those of
// the results: "(i32 i32) i64".
func (t FuncType) String() string {
	s := "(" + typeNames(t.Params) + ")"
	if len(t.Results) > 0 {
		s += " " + typeNames(t.Results)
	}
	return s
}

func typeNames(types []ValueType) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.String()
	}
	return strings.Join(names, " ")
}

// Table is the type of a table.
type Table struct {
	Type   ValueType // FuncRef or ExternRef
	Min    uint32    // entries
	Max    uint32    // entries, if HasMax
	HasMax bool
}

// Memory is the type of a linear memory.
type Memory struct {
	Min    uint32 // pages of 64 KiB
	Max    uint32 // pages, if HasMax
	HasMax bool
}

// Global is the type of a global and, unless it is imported, its first value.
type Global struct {
	Type    ValueType
	Mutable bool
	Init    Constant
}

// Constant is a constant expression. It has one instruction.
type Constant struct {
	Op         Opcode
	Index      uint32 // of OpGlobalGet and OpRefFunc
	Number     uint32 // of OpI32Const
	Start, End int    // in the file, with its OpEnd
}

// Element is an element segment.
type Element struct {
	Flags     uint32     // the form of the segment, 0 to 7
	Table     uint32     // of an active segment
	Offset    Constant   // of an active segment
	Type      ValueType  // FuncRef or ExternRef
	Functions []uint32   // of the even forms without expressions
	Values    []Constant // of the forms with expressions
}

// Flags of an element segment.
const (
	ElementPassive     = 1 // or, with ElementExplicit, declarative
	ElementExplicit    = 2 // names its table if active, and its kind or type
	ElementExpressions = 4 // has Values instead of Functions
)

// Data is a data segment.
type Data struct {
	Offset     Constant // of an active segment; its Op is 0 for a passive one
	Start, End int      // of the bytes in the file
}

// Size is the number of its bytes.
func (d *Data) Size() uint32 { return uint32(d.End - d.Start) }

// Code is the body of a function.
type Code struct {
	Start, End   int // of the body in the file, behind its size
	Instructions int // where the instructions begin
	Locals       int // parameters included
	Count        int // of instructions, the final end included
	Loops        int // how many it has
	// Callees are the functions of its calls, CalleeTypes the types of its
	// indirect calls, one for each such instruction.
	Callees, CalleeTypes []uint32
}

// Imported returns how many of a kind are imported: the first index that is
// not.
func (m *Module) Imported(kind External) int { return m.imported[kind] }

// FuncType returns the type of a function.
func (m *Module) FuncType(function uint32) FuncType { return m.Types[m.Functions[function]] }

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm

// Limits bound what a module may ask of a runtime, most of all of its
// compiler, whose work can grow with the square of a function. They are
// inclusive; a zero allows none. Start from [DefaultLimits].
type Limits struct {
	Size           int // bytes of the file
	CustomSections int
	CustomBytes    int // of all custom sections together
	NameBytes      int // of the name of an import or export
	Types          int
	Params         int // of one type
	Results        int // of one type
	Imports        int
	Exports        int
	Functions      int // imported ones included
	Globals        int // imported ones included
	Tables         int // imported ones included
	TableEntries   int // the least size of all tables together
	MemoryPages    int // the least size of a memory, in pages of 64 KiB
	Elements       int // element segments
	ElementEntries int // of all element segments together
	Data           int // data segments
	Labels         int // of one br_table

	// Of one function.
	BodyBytes  int
	Locals     int // parameters included
	Blocks     int // block, loop and if
	BlockDepth int // blocks inside of each other
	LoopDepth  int // loops inside of each other

	// LocalsTimesBlocks bounds the product of the locals and the blocks of a
	// function, LocalsTimesLoops that of the locals and the loops, each loop
	// counted once for every loop around it as well. A compiler may need a
	// value of each local at each of them.
	LocalsTimesBlocks int
	LocalsTimesLoops  int
}

// DefaultLimits returns limits that are about ten times above what any
// toolchain was seen to emit, among it a client of Kubernetes of 49 MB.
func DefaultLimits() Limits {
	return Limits{
		Size:           64 << 20,
		CustomSections: 1_000,
		CustomBytes:    32 << 20,
		NameBytes:      1_000,
		Types:          10_000,
		Params:         500,
		Results:        100,
		Imports:        1_000,
		Exports:        10_000,
		Functions:      300_000,
		Globals:        10_000,
		Tables:         10,
		TableEntries:   1_000_000,
		MemoryPages:    16_384,
		Elements:       10_000,
		ElementEntries: 1_000_000,
		Data:           200_000, // Go's linker cuts data at each run of zeros, up to 100,000 times
		Labels:         50_000,

		BodyBytes:         2 << 20,
		Locals:            5_000,
		Blocks:            50_000,
		BlockDepth:        50_000, // Go nests a block for every basic block
		LoopDepth:         100,
		LocalsTimesBlocks: 1_000_000,
		LocalsTimesLoops:  500_000,
	}
}

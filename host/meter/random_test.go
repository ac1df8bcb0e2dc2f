// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// TestRandom runs programs of random shape, plain and metered: they do the
// same, and what they do is paid for.
func TestRandom(t *testing.T) {
	programs := 150
	if testing.Short() {
		programs = 20
	}
	ended, yields := 0, 0
	for seed := range uint64(programs) {
		ok, n := runRandom(t, seed)
		if ok {
			ended++
		}
		if yields += n; t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d programs, %d of them ended, %d yields", programs, ended, yields)
	if ended < programs/4 || yields < 100*programs {
		t.Error("the programs do too little")
	}
}

// runRandom runs the program of a seed. It returns whether it came to its end
// without a trap, and how often it yielded.
func runRandom(t *testing.T, seed uint64) (ended bool, yields int) {
	t.Helper()
	file := randomModule(rand.New(rand.NewPCG(seed, 1)))
	plain, err := newRuntime(t, 0).InstantiateWithConfig(t.Context(), file, wazero.NewModuleConfig())
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	r := newRuntime(t, []int64{0, 100, 5000}[seed%3])
	r.ledgers = map[api.Module]*ledger{}
	metered, err := r.instantiate(t, file, wazero.NewModuleConfig())
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	_, wantErr := plain.ExportedFunction("run").Call(t.Context(), 0)
	_, err = metered.ExportedFunction("run").Call(t.Context(), 0)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("seed %d: run = %v, without a meter %v", seed, err, wantErr)
	}
	if got, want := metered.ExportedGlobal("hash").Get(), plain.ExportedGlobal("hash").Get(); got != want {
		t.Fatalf("seed %d: hash %x, without a meter %x", seed, got, want)
	}
	if l := r.ledger(metered); err == nil {
		l.calls++
		l.close(t)
	}
	return err == nil, r.yields
}

// program writes the functions of a module at random. Every function has one
// parameter, the number of a dispatch, and every turn of a loop and every call
// uses up a budget, so that all programs end, if by a trap.
type program struct {
	*rand.Rand
	out  []byte
	open []byte // the opcodes of the blocks around
	size int    // statements that are left
	// dispatches says that the function is of Go's shape: the loop is not
	// among the open blocks.
	dispatches bool
}

const (
	programFunctions = 6
	globalHash       = 0
	globalBudget     = 1
)

func randomModule(r *rand.Rand) []byte {
	code := []byte{programFunctions}
	for range programFunctions {
		p := &program{Rand: r, size: 10 + r.IntN(60)}
		p.out = append(p.out, 0) // no locals beside the parameter
		if r.IntN(2) == 0 {
			p.dispatch()
		} else {
			p.statements()
		}
		code = append(code, sized(append(p.out, 0x0b))...)
	}
	global := func(n uint32) []byte {
		return append(signed([]byte{0x7e, 1, 0x42}, int(n)), 0x0b)
	}
	export := func(name string, kind byte) []byte { return append(sized([]byte(name)), kind, 0) }
	return slices.Concat([]byte("\x00asm\x01\x00\x00\x00"),
		[]byte{wasm.SectionType}, sized([]byte{1, 0x60, 1, 0x7f, 0}),
		[]byte{wasm.SectionFunction}, sized(append([]byte{programFunctions}, make([]byte, programFunctions)...)),
		[]byte{wasm.SectionTable}, sized([]byte{1, 0x70, 0, programFunctions}),
		[]byte{wasm.SectionGlobal}, sized(slices.Concat([]byte{2}, global(1), global(3000))),
		[]byte{wasm.SectionExport}, sized(slices.Concat([]byte{2}, export("run", 0), export("hash", 3))),
		[]byte{wasm.SectionElement}, sized([]byte{1, 0, 0x41, 0, 0x0b, programFunctions, 0, 1, 2, 3, 4, 5}),
		[]byte{wasm.SectionCode}, sized(code))
}

func (p *program) op(code ...byte) { p.out = append(p.out, code...) }

func (p *program) block(op byte) {
	p.op(op, 0x40)
	p.open = append(p.open, op)
}

func (p *program) end() {
	p.op(0x0b)
	p.open = p.open[:len(p.open)-1]
}

// mix changes the hash, so that the order of what is done shows.
func (p *program) mix() {
	p.op(0x23, globalHash, 0x42)
	p.out = signed(p.out, p.IntN(1<<30)|1)
	p.op(0x7e, 0x42) // i64.mul
	p.out = signed(p.out, p.IntN(1<<30))
	p.op(0x7c, 0x24, globalHash) // i64.add
}

// condition puts a bit of the hash on the stack.
func (p *program) condition() {
	p.op(0x23, globalHash, 0x42, byte(20+p.IntN(40)), 0x88, 0xa7, 0x41, 1, 0x71)
}

// spend traps when the budget is used up.
func (p *program) spend() {
	p.op(0x23, globalBudget, 0x42, 1, 0x7d, 0x24, globalBudget)
	p.op(0x23, globalBudget, 0x50, 0x04, 0x40, 0x00, 0x0b) // if it is 0, unreachable
}

func (p *program) statements() {
	for p.size > 0 && p.IntN(8) > 0 {
		p.size--
		p.mix()
		p.statement()
	}
}

func (p *program) statement() {
	switch p.IntN(14) {
	case 0, 1:
		p.block(0x02)
		p.statements()
		p.end()
	case 2:
		if p.dispatches && p.IntN(20) > 0 {
			return
		}
		p.block(0x03)
		p.spend()
		p.statements()
		p.end()
	case 3, 4:
		p.condition()
		p.block(0x04)
		p.statements()
		if p.IntN(2) == 0 {
			p.op(0x05)
			p.statements()
		}
		p.end()
	case 5, 6:
		p.condition()
		p.branch(0x0d)
	case 7: // a branch among several
		p.condition()
		p.op(0x0e, 1)
		p.op(p.label(), p.label())
	case 8:
		p.branch(0x0c)
	case 9:
		p.condition()
		p.block(0x04)
		p.op(0x0f) // return
		p.end()
	case 10: // a call
		p.spend()
		p.op(0x41, byte(p.IntN(4)), 0x10, byte(p.IntN(programFunctions)))
	case 11: // a call through the table
		p.spend()
		p.op(0x41, byte(p.IntN(4)), 0x41, byte(p.IntN(programFunctions)), 0x11, 0, 0)
	default: // long text
		p.out = append(p.out, slices.Repeat([]byte{0x41, 0, 0x1a}, p.IntN(1200))...)
	}
}

// branch branches to any label, a loop's only after it has paid for the turn:
// the loop does that.
func (p *program) branch(op byte) { p.op(op, p.label()) }

func (p *program) label() byte {
	label := p.IntN(len(p.open) + 1)
	if p.dispatches && label == len(p.open) && p.IntN(20) > 0 {
		label++ // that of the body instead of the loop's
	}
	return byte(label)
}

// dispatch writes a function as Go's compiler does, with jumps in all
// directions, and now and then something that is not of that shape.
func (p *program) dispatch() {
	p.dispatches = true
	blocks := 2 + p.IntN(8)
	p.op(0x03, 0x40)
	for range blocks {
		p.block(0x02)
	}
	p.op(0x20, 0, 0x0e, byte(blocks-1)) // local.get, br_table
	for n := range blocks {
		p.op(byte(n))
	}
	for range blocks {
		p.end()
		p.spend()
		for p.IntN(2) == 0 {
			p.mix()
			p.statement()
		}
		if p.IntN(3) > 0 {
			p.condition()
			p.block(0x04)
			p.jump(blocks)
			p.end()
		}
		if p.IntN(3) == 0 {
			p.jump(blocks)
		}
	}
	p.op(0x0b)
}

// jump goes to the code of a number.
func (p *program) jump(blocks int) {
	loop := byte(len(p.open))
	p.op(0x41, byte(p.IntN(blocks+1)), 0x21, 0) // i32.const, local.set
	switch p.IntN(100) {
	case 0:
		p.op(0x01) // it is not the shape any more
	case 1:
		p.op(0x41, 1, 0x0d, loop) // br_if
	}
	p.op(0x0c, loop)
}

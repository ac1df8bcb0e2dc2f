// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// auditGlobal is the global that counts what an audited module really did.
const auditGlobal = "audit"

// audit adds to a rewritten module a count of the instructions of the original
// that were executed: an independent witness of what the charges claim.
func audit(t testing.TB, original, metered []byte) []byte {
	t.Helper()
	functions, after := len(decode(t, original).Code), decode(t, metered)
	a := auditor{m: after, fuel: after.Exports[len(after.Exports)-1].Index, count: uint32(len(after.Globals))}
	out := slices.Clone(metered[:8])
	for _, s := range after.Sections {
		content := metered[s.Start:s.End]
		switch s.ID {
		case wasm.SectionCustom:
			continue
		case wasm.SectionGlobal:
			content = oneMore(content, []byte{byte(wasm.I64), 1, byte(wasm.OpI64Const), 0, byte(wasm.OpEnd)})
		case wasm.SectionExport:
			entry := append(sized([]byte(auditGlobal)), byte(wasm.ExternalGlobal))
			content = oneMore(content, binary.AppendUvarint(entry, uint64(a.count)))
		case wasm.SectionCode:
			content = binary.AppendUvarint(nil, uint64(len(after.Code)))
			for i, code := range after.Code {
				body := metered[code.Start:code.End]
				if i < functions { // not a helper
					body = a.body(code)
				}
				content = appendSized(content, body)
			}
		}
		out = appendSized(append(out, s.ID), content)
	}
	return out
}

// oneMore appends an entry to a section.
func oneMore(content, entry []byte) []byte {
	n, size := binary.Uvarint(content)
	return slices.Concat(binary.AppendUvarint(nil, n+1), content[size:], entry)
}

// ledger compares the fuel that a module spent with the work that it did.
type ledger struct {
	module  api.Module
	granted int64 // at the last yield
	spent   int64 // until the last yield
	worked  int64 // until the last yield
	longest int64 // most work between two yields
	calls   int64 // by the host
}

// slack is the work that one charge may cover: of a few segments, if loops
// are left in between.
const slack = 3 * 4500

// settle checks the time since the last yield: the work was at most twice what
// was spent on it.
func (l *ledger) settle(t testing.TB, refill int64) {
	t.Helper()
	spent, worked := l.granted-fuel(l.module), l.work()-l.worked
	if worked > 2*spent+slack {
		t.Errorf("%d instructions between two yields, and %d units were spent", worked, spent)
	}
	l.longest = max(l.longest, worked)
	l.spent += spent
	l.worked += worked
	l.granted = refill
}

func (l *ledger) work() int64 { return int64(l.module.ExportedGlobal(auditGlobal).Get()) }

// close checks, when a call has returned, that all of it is paid for.
func (l *ledger) close(t testing.TB) {
	t.Helper()
	l.settle(t, fuel(l.module))
	// Each call may have been of a function that is too small to be charged.
	const free = 48
	if l.worked > l.spent+free*l.calls {
		t.Errorf("%d instructions were executed, and %d units were spent", l.worked, l.spent)
	}
}

type auditor struct {
	m           *wasm.Module
	fuel, count uint32
	out         []byte
	copied      int
	pending     int // instructions that are not counted yet
}

// body returns a body that counts. What a charge does and the block around a
// body are not counted.
func (a *auditor) body(code wasm.Code) []byte {
	a.out = nil
	a.copied = code.Start
	a.pending = 0
	var c wasm.Cursor
	c.Reset(a.m, code)
	for c.Next() {
		if c.Op == wasm.OpGlobalGet && c.X == a.fuel {
			a.flush(c.At)
			for range 11 { // the rest of a charge
				c.Next()
			}
			continue
		}
		switch c.Op {
		case wasm.OpNop, wasm.OpBlock, wasm.OpLoop, wasm.OpEnd: // nothing is done
		default:
			a.pending++
		}
		if controls(c.Op) {
			a.flush(c.At)
		}
	}
	return append(a.out, a.m.File[a.copied:code.End]...)
}

// controls reports whether control may not go on behind an instruction.
func controls(op wasm.Opcode) bool {
	return op <= wasm.OpCallIndirect && op != wasm.OpNop
}

// flush counts before an instruction.
func (a *auditor) flush(at int) {
	a.out = append(a.out, a.m.File[a.copied:at]...)
	a.copied = at
	if a.pending == 0 {
		return
	}
	a.out = binary.AppendUvarint(append(a.out, byte(wasm.OpGlobalGet)), uint64(a.count))
	a.out = append(a.out, byte(wasm.OpI64Const))
	a.out = signed(a.out, a.pending)
	a.out = append(a.out, 0x7c) // i64.add
	a.out = binary.AppendUvarint(append(a.out, byte(wasm.OpGlobalSet)), uint64(a.count))
	a.pending = 0
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"strconv"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// mostStateGlobals is how many mutable globals a module may have to be
// copyable: each is one more name in every instance. Compilers make ten.
const mostStateGlobals = 64

// StateGlobal returns the name under which a rewritten module exports the i-th
// of its own mutable globals, if it is [Copyable].
func StateGlobal(i int) string { return ImportModule + "_global_" + strconv.Itoa(i) }

// Copyable reports whether an instance of the module is nothing but its memory
// and those globals, as long as none of its functions runs: another instance
// that is given the same of both is a copy. So it imports no state, none of its
// instructions changes a table or gives up a segment, and it has no start
// function, which would run in the copy too.
func Copyable(m *wasm.Module) bool {
	if m.Rearranges || m.Start >= 0 || len(m.Memories) != 1 ||
		m.Imported(wasm.ExternalMemory)+m.Imported(wasm.ExternalTable)+m.Imported(wasm.ExternalGlobal) > 0 {
		return false
	}
	mutable := 0
	for _, g := range m.Globals {
		if !g.Mutable {
			continue
		}
		mutable++
		switch g.Type {
		case wasm.I32, wasm.I64, wasm.F32, wasm.F64:
		default: // wazero cannot set it
			return false
		}
	}
	return mutable <= mostStateGlobals
}

// stateGlobals returns the indexes of the globals that a copyable module's
// copies need; none for another module.
func stateGlobals(m *wasm.Module) (indexes []uint32) {
	if !Copyable(m) {
		return nil
	}
	for i, g := range m.Globals {
		if g.Mutable {
			indexes = append(indexes, uint32(i))
		}
	}
	return indexes
}

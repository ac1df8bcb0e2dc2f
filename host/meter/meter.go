// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// What a rewritten module imports and exports.
const (
	ImportModule = "wcm_meter"
	ImportYield  = "yield"
	FuelGlobal   = "wcm_meter_fuel"
)

// The prices, in units of one instruction.
const (
	// ImportWeight is the price of a call of the host by its name. A call
	// takes that long before the host does anything.
	ImportWeight = 100
	// CallWeight is the price of a call of another function of the module.
	CallWeight = 8
	// MaxTableEntries is the size beyond which a table does not grow: memory
	// limits do not count tables.
	MaxTableEntries = 1 << 20
)

// Rewrite returns the module with its work metered. The module must come from
// [wasm.Decode]. The error says why a module cannot be metered: it already has
// names that belong to this package.
func Rewrite(m *wasm.Module) ([]byte, error) {
	if err := checkNames(m); err != nil {
		return nil, err
	}
	r := newRewriter(m)
	code := r.code()
	// What the sections say depends on what the code turned out to need.
	out := make([]byte, 0, len(m.File)+len(m.File)/8)
	out = append(out, m.File[:8]...)
	out = r.types(out)
	out = r.imports(out)
	out = r.functions(out)
	out = r.verbatim(out, wasm.SectionTable)
	out = r.verbatim(out, wasm.SectionMemory)
	out = r.globals(out)
	out = r.exports(out)
	out = r.start(out)
	out = r.elements(out)
	out = r.verbatim(out, wasm.SectionDataCount)
	out = section(out, wasm.SectionCode, len(m.Code)+len(r.helpers), code)
	out = r.verbatim(out, wasm.SectionData)
	return r.names(out), nil
}

// checkNames refuses a module that names what only Rewrite may add.
func checkNames(m *wasm.Module) error {
	for _, i := range m.Imports {
		if i.Module == ImportModule {
			return fmt.Errorf("imports %s.%s: the host adds that module itself", i.Module, i.Name)
		}
	}
	for _, e := range m.Exports {
		if strings.HasPrefix(e.Name, ImportModule) {
			return fmt.Errorf("exports %q: names that begin with %s are the host's", e.Name, ImportModule)
		}
	}
	return nil
}

// rewriter has what is known of the module while it is rewritten.
type rewriter struct {
	m     *wasm.Module
	yield uint32 // the function that is imported
	fuel  uint32 // the global

	traits  []traits // of the functions that are not imported
	charge  charge
	added   []wasm.FuncType // types behind those of the module
	helpers []helper        // functions behind those of the module
}

func newRewriter(m *wasm.Module) *rewriter {
	r := &rewriter{
		m:     m,
		yield: uint32(m.Imported(wasm.ExternalFunction)),
		fuel:  uint32(len(m.Globals)),
		added: []wasm.FuncType{{Results: []wasm.ValueType{wasm.I64}}}, // of yield
	}
	r.charge = newCharge(r.fuel, r.yield)
	r.traits = r.survey()
	return r
}

// function returns the index of a function of the module in the new one.
func (r *rewriter) function(i uint32) uint32 {
	if i >= r.yield {
		return i + 1
	}
	return i
}

// typeIndex returns the index of a type that the module may lack.
func (r *rewriter) typeIndex(t wasm.FuncType) uint32 {
	same := func(have wasm.FuncType) bool {
		return slices.Equal(have.Params, t.Params) && slices.Equal(have.Results, t.Results)
	}
	i := slices.IndexFunc(r.added, same)
	if i < 0 {
		i = len(r.added)
		r.added = append(r.added, t)
	}
	return uint32(len(r.m.Types) + i)
}

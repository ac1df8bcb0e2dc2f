// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/wasm-controller-manager/wcm/host/wasm"

// graph says which function of a module may call which. Its nodes are the
// functions that are not imported, then the types: a type calls every function
// that has it and whose reference is taken, as an indirect call may.
type graph struct {
	m     *wasm.Module
	first int      // function that is not imported
	types []uint32 // the node of each type; types that are equal share one
	taken [][]int  // by type node, the functions
}

func newGraph(m *wasm.Module) *graph {
	g := &graph{m: m, first: m.Imported(wasm.ExternalFunction), types: make([]uint32, len(m.Types)), taken: make([][]int, len(m.Types))}
	equal := map[string]uint32{}
	for i, t := range m.Types {
		key := t.String()
		if _, found := equal[key]; !found {
			equal[key] = uint32(i)
		}
		g.types[i] = equal[key]
	}
	g.takeReferences()
	return g
}

// takeReferences finds the functions that a table may have: only of those in
// an element segment, a global or an export can a reference be taken.
func (g *graph) takeReferences() {
	taken := make([]bool, len(g.m.Functions))
	constant := func(c wasm.Constant) {
		if c.Op == wasm.OpRefFunc {
			taken[c.Index] = true
		}
	}
	for _, e := range g.m.Elements {
		for _, f := range e.Functions {
			taken[f] = true
		}
		for _, v := range e.Values {
			constant(v)
		}
	}
	for _, global := range g.m.Globals {
		constant(global.Init)
	}
	for _, e := range g.m.Exports {
		if e.Kind == wasm.ExternalFunction {
			taken[e.Index] = true
		}
	}
	for f := g.first; f < len(taken); f++ {
		if taken[f] {
			node := g.types[g.m.Functions[f]]
			g.taken[node] = append(g.taken[node], f-g.first)
		}
	}
}

func (g *graph) nodes() int { return len(g.m.Code) + len(g.types) }

// callee returns the n-th node that a node calls.
func (g *graph) callee(node, n int) (callee int, found bool) {
	if node >= len(g.m.Code) {
		taken := g.taken[node-len(g.m.Code)]
		if n < len(taken) {
			return taken[n], true
		}
		return 0, false
	}
	code := &g.m.Code[node]
	if n < len(code.Callees) {
		return int(code.Callees[n]) - g.first, true // negative: imported
	}
	if n -= len(code.Callees); n < len(code.CalleeTypes) {
		return len(g.m.Code) + int(g.types[code.CalleeTypes[n]]), true
	}
	return 0, false
}

// visit calls a function with each group of nodes that call each other, in
// turns or by way of others, callees before their callers. A node that does
// not call itself is a group by itself, and not recursive. (Tarjan's algorithm
// with a stack of its own: a module's call chains may be long.)
func (g *graph) visit(each func(group []int, recursive bool)) {
	type visit struct{ node, next int }
	seen := make([]int, g.nodes()) // in which order, from 1
	low := make([]int, g.nodes())
	open := make([]bool, g.nodes())
	var path []visit
	var pending []int
	clock := 0
	enter := func(node int) {
		clock++
		seen[node], low[node], open[node] = clock, clock, true
		pending = append(pending, node)
		path = append(path, visit{node: node})
	}
	for root := range g.nodes() {
		if seen[root] == 0 {
			enter(root)
		}
		for len(path) > 0 {
			v := &path[len(path)-1]
			node := v.node
			callee, found := g.callee(node, v.next)
			v.next++
			switch {
			case found && callee < 0: // of the host
			case found && seen[callee] == 0:
				enter(callee)
			case found && open[callee]:
				low[node] = min(low[node], seen[callee])
			case found:
			default:
				path = path[:len(path)-1]
				if len(path) > 0 {
					caller := path[len(path)-1].node
					low[caller] = min(low[caller], low[node])
				}
				if low[node] < seen[node] {
					continue
				}
				at := len(pending) - 1
				for open[pending[at]] = false; pending[at] != node; open[pending[at]] = false {
					at--
				}
				group := pending[at:]
				each(group, len(group) > 1 || g.callsItself(node))
				pending = pending[:at]
			}
		}
	}
}

func (g *graph) callsItself(node int) bool {
	for n := 0; ; n++ {
		callee, found := g.callee(node, n)
		if !found {
			return false
		}
		if callee == node {
			return true
		}
	}
}

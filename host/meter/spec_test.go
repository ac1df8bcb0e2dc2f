// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/host/wasm/spectest"
)

// TestSpecification runs the specification's test suite with every module
// rewritten and so little fuel at a time that almost every charge yields.
func TestSpecification(t *testing.T) {
	total := runSpecification(t, 3, false)
	t.Logf("%+v", total)
	if total.yields < 1_000_000 || total.returned < 20_000 || total.trapped < 2000 || total.refused < 2500 {
		t.Error("the suite has shrunk")
	}
}

// TestSpecificationAudited runs the suite with a count of the instructions.
func TestSpecificationAudited(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	if total := runSpecification(t, 500, true); total.yields < 100_000 {
		t.Errorf("%+v: the suite has shrunk", total)
	}
}

func runSpecification(t *testing.T, refill int64, audited bool) (total counts) {
	host := spectest.Host(t)
	for _, s := range spectest.Load(t) {
		t.Run(s.Name, func(t *testing.T) {
			r := &script{Script: s, runtime: newRuntime(t, refill), modules: map[string]api.Module{}}
			links := func(c spectest.Command) bool { return c.Type == "register" }
			if audited && !slices.ContainsFunc(s.Commands, links) { // a link is paid by another module
				r.runtime.ledgers = map[api.Module]*ledger{}
			}
			if _, err := r.runtime.InstantiateWithConfig(t.Context(), host, wazero.NewModuleConfig()); err != nil {
				t.Fatal(err)
			}
			for i := range s.Commands {
				r.run(t, i)
			}
			total.add(r.counts, r.runtime.yields)
		})
	}
	return total
}

type counts struct{ modules, returned, trapped, refused, yields int }

func (c *counts) add(o counts, yields int) {
	c.modules += o.modules
	c.returned += o.returned
	c.trapped += o.trapped
	c.refused += o.refused
	c.yields += yields
}

// script is a script that is being run.
type script struct {
	spectest.Script
	counts
	runtime *runtime
	modules map[string]api.Module
	last    api.Module
}

func (s *script) run(t *testing.T, i int) {
	c := &s.Commands[i]
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s:%d: %s: %s", s.Name, c.Line, c.Type, fmt.Sprintf(format, args...))
	}
	switch file := s.Module(t, c); {
	case c.Type == "register": // done with the module before
	case c.Type == "module":
		s.instantiate(t, i, file, fail)
	case file != nil:
		s.refuse(t, c, file, fail)
	case c.Type == "assert_return", c.Type == "action":
		s.counts.returned++
		got, err := s.act(t, &c.Action)
		if err != nil {
			fail("%+v: %v", c.Action, err)
		} else if len(c.Expected) > 0 || c.Type == "assert_return" {
			if want := c.Expected; !equal(want, got) {
				fail("%+v = %x, want %s", c.Action, got, want)
			}
		}
	case c.Type == "assert_trap", c.Type == "assert_exhaustion":
		s.counts.trapped++
		if got, err := s.act(t, &c.Action); err == nil || !strings.Contains(err.Error(), trapMessage(c.Text)) {
			fail("%+v = %x, %v, want %s", c.Action, got, err, c.Text)
		}
	case c.ModuleType == "text":
	default:
		fail("unknown command")
	}
}

// instantiate instantiates a module, under the name that the next command gives it.
func (s *script) instantiate(t *testing.T, i int, file []byte, fail func(string, ...any)) {
	c := &s.Commands[i]
	config := wazero.NewModuleConfig().WithName("")
	if i+1 < len(s.Commands) && s.Commands[i+1].Type == "register" {
		config = config.WithName(s.Commands[i+1].As)
	}
	m, err := s.runtime.instantiate(t, file, config)
	if err != nil {
		fail("%v", err)
		return
	}
	s.counts.modules++
	if s.last = m; c.Name != "" {
		s.modules[c.Name] = m
	}
}

// refuse checks a module that is malformed, invalid or cannot be linked.
func (s *script) refuse(t *testing.T, c *spectest.Command, file []byte, fail func(string, ...any)) {
	s.counts.refused++
	_, err := s.runtime.instantiate(t, file, wazero.NewModuleConfig().WithName(""))
	if c.Type == "assert_uninstantiable" && c.Text == "out of bounds table access" {
		return // wazero lets them live, since others may have their functions already
	}
	if err == nil {
		fail("gave no error, want %s", c.Text)
	}
}

func (s *script) act(t *testing.T, a *spectest.Action) ([]uint64, error) {
	m := s.last
	if a.Module != "" {
		m = s.modules[a.Module]
	}
	if a.Type == "get" {
		return []uint64{m.ExportedGlobal(a.Field).Get()}, nil
	}
	var args []uint64
	for _, arg := range a.Args {
		args = append(args, words(arg)...)
	}
	results, err := m.ExportedFunction(a.Field).Call(t.Context(), args...)
	if s.runtime.ledgers != nil {
		l := s.runtime.ledger(m)
		if l.calls++; err == nil {
			l.close(t)
		}
	}
	return results, err
}

// trapMessage returns what wazero says for a reason of the specification.
func trapMessage(text string) string {
	switch {
	case strings.HasPrefix(text, "uninitialized"), strings.HasPrefix(text, "undefined"), text == "out of bounds table access":
		return "invalid table access"
	case strings.HasPrefix(text, "indirect call"):
		return "indirect call type mismatch"
	case text == "call stack exhausted":
		return "stack overflow"
	}
	return text
}

// equal compares results with what is expected of them.
func equal(want []spectest.Value, got []uint64) bool {
	for _, w := range want {
		for _, e := range expectations(w) {
			if len(got) == 0 || !e(got[0]) {
				return false
			}
			got = got[1:]
		}
	}
	return len(got) == 0
}

// expectations returns a test for each word of a value.
func expectations(v spectest.Value) []func(uint64) bool {
	if v.Value == nil { // any reference
		return []func(uint64) bool{func(uint64) bool { return true }}
	}
	if v.Type != "v128" {
		return []func(uint64) bool{func(got uint64) bool { return matches(text(v.Value), size(v.Type), v.Type, got) }}
	}
	lanes := texts(v.Value)
	bits := 128 / len(lanes)
	half := func(lanes []string) func(uint64) bool {
		return func(got uint64) bool {
			for i, l := range lanes {
				if !matches(l, bits, v.Lane, got>>(i*bits)) {
					return false
				}
			}
			return true
		}
	}
	return []func(uint64) bool{half(lanes[:len(lanes)/2]), half(lanes[len(lanes)/2:])}
}

func matches(want string, bits int, kind string, got uint64) bool {
	mask := uint64(math.MaxUint64) >> (64 - bits)
	got &= mask
	var quiet, sign uint64 = 0x7fc00000, 1 << 31
	if bits == 64 {
		quiet, sign = 0x7ff8000000000000, 1<<63
	}
	switch {
	case want == "nan:canonical":
		return got&^sign == quiet
	case want == "nan:arithmetic":
		return got&quiet == quiet
	case kind == "externref" && want != "null":
		return got == number(want, bits)+1
	}
	return got == number(want, bits)&mask
}

// words returns a value as wazero takes it.
func words(v spectest.Value) []uint64 {
	if v.Type != "v128" {
		n := number(text(v.Value), size(v.Type))
		if v.Type == "externref" && text(v.Value) != "null" {
			n++ // wazero's null is 0
		}
		return []uint64{n}
	}
	lanes := texts(v.Value)
	out := make([]uint64, 2)
	for i, l := range lanes {
		bits := 128 / len(lanes)
		out[i*bits/64] |= number(l, bits) << (i * bits % 64)
	}
	return out
}

func size(kind string) int {
	switch kind {
	case "i32", "f32":
		return 32
	}
	return 64
}

func number(s string, bits int) uint64 {
	if s == "null" {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		signed, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			panic(err)
		}
		n = uint64(signed)
	}
	return n & (math.MaxUint64 >> (64 - bits))
}

func text(raw json.RawMessage) (s string) {
	if err := json.Unmarshal(raw, &s); err != nil {
		panic(err)
	}
	return s
}

func texts(raw json.RawMessage) (s []string) {
	if err := json.Unmarshal(raw, &s); err != nil {
		panic(err)
	}
	return s
}

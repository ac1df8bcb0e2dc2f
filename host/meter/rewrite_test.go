// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/host/meter"
	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// TestRewrite checks what is added and what moves.
func TestRewrite(t *testing.T) {
	before := decode(t, append(fixture(t, "shapes"), customs()...))
	metered, err := meter.Rewrite(before)
	if err != nil {
		t.Fatal(err)
	}
	after := decode(t, metered)

	if got, want := after.Imports[len(after.Imports)-1], (wasm.Import{Module: "wcm_meter", Name: "yield", Index: 1}); got != want {
		t.Errorf("the last import is %+v, want %+v", got, want)
	}
	if got, want := after.FuncType(1).String(), "() i64"; got != want {
		t.Errorf("yield has type %s, want %s", got, want)
	}
	if got, want := after.Exports[len(after.Exports)-1], (wasm.Export{Name: "wcm_meter_fuel", Kind: wasm.ExternalGlobal, Index: 2}); got != want {
		t.Errorf("the last export is %+v, want %+v", got, want)
	}
	if got := after.Globals[2]; got.Type != wasm.I64 || !got.Mutable {
		t.Errorf("fuel is %+v, want a mutable global of type i64", got)
	}
	// Functions behind the imported one move up, everything else stays.
	for i, e := range before.Exports {
		if e.Kind == wasm.ExternalFunction && e.Index > 0 {
			e.Index++
		}
		if d := cmp.Diff(e, after.Exports[i]); d != "" {
			t.Errorf("export %d (-want +got):\n%s", i, d)
		}
	}
	if after.Start != before.Start+1 {
		t.Errorf("the start function is %d, was %d", after.Start, before.Start)
	}
	for i, e := range before.Elements {
		for j, f := range e.Functions {
			if got := after.Elements[i].Functions[j]; got != f+1 {
				t.Errorf("element segment %d has function %d, had %d", i, got, f)
			}
		}
		for j, v := range e.Values {
			if got := after.Elements[i].Values[j]; got.Op != v.Op || v.Op == wasm.OpRefFunc && got.Index != v.Index+1 {
				t.Errorf("element segment %d has %+v, had %+v", i, got, v)
			}
		}
	}
	want := []wasm.Name{
		{Function: 0, Name: "outside"}, {Function: 1, Name: "wcm_meter.yield"}, {Function: 2, Name: "first"}, {Function: 3, Name: "second"},
		{Function: 4, Name: strings.Repeat("x", 199)}, // and half a character
		{Function: 5, Name: "wcm_meter.memory.fill"},
	}
	if d := cmp.Diff(want, after.FunctionNames()); d != "" {
		t.Errorf("names (-want +got):\n%s", d)
	}
	for _, s := range after.Sections {
		if s.ID == wasm.SectionCustom && s.Name != wasm.NameSection {
			t.Errorf("custom section %q is still there", s.Name)
		}
	}
}

// customs returns a custom section and the names of the functions of shapes.
func customs() []byte {
	sized := func(content string) string {
		return string(binary.AppendUvarint(nil, uint64(len(content)))) + content
	}
	var names strings.Builder
	names.WriteByte(4)
	for i, name := range []string{"outside", "first", "second", strings.Repeat("x", 199) + "ää"} {
		names.WriteByte(byte(i))
		names.WriteString(sized(name))
	}
	return []byte("\x00" + sized(sized("producers")+"a compiler") + "\x00" + sized(sized("name")+"\x01"+sized(names.String())))
}

// TestRewriteRefuses checks that a module cannot have the meter's names.
func TestRewriteRefuses(t *testing.T) {
	for name, want := range map[string]string{
		"imports_meter": "imports wcm_meter.yield: the host adds that module itself",
		"exports_meter": `exports "wcm_meter_fuel": names that begin with wcm_meter are the host's`,
	} {
		if _, err := meter.Rewrite(decode(t, fixture(t, name))); err == nil || err.Error() != want {
			t.Errorf("Rewrite(%s) = %v, want %s", name, err, want)
		}
	}
}

// TestRewriteOnce checks that what was rewritten is not rewritten again.
func TestRewriteOnce(t *testing.T) {
	metered, err := rewrite(fixture(t, "loop"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rewrite(metered); err == nil {
		t.Error("Rewrite of a metered module gave no error")
	}
}

// TestOutOfReach checks that a module that names what Rewrite adds, by the
// index that it will have, does not get so far.
func TestOutOfReach(t *testing.T) {
	for name, want := range map[string]string{
		"reach_global": "global 1, there are 1",
		"reach_export": "global 1, there are 1",
		"reach_call":   "function 2, there are 2",
		"reach_local":  "local 1, there are 1",
		"reach_type":   "type 1, there are 1",
	} {
		_, err := rewrite(fixture(t, name))
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("Decode(%s) = %v, want %s", name, err, want)
		}
	}
}

func decode(t testing.TB, file []byte) *wasm.Module {
	t.Helper()
	m, err := wasm.Decode(file, wasm.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

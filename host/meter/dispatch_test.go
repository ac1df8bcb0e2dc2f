// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/host/meter"
	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// TestDispatch checks where the jumps of a function of Go's shape lead, and
// where it is charged.
func TestDispatch(t *testing.T) {
	metered, err := meter.Rewrite(decode(t, fixture(t, "dispatch")))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"charge 8", "loop", "block", "block", "local.get", "br_table", "end",
		"i32.const", "local.set", "br 0", // to the end of the block of number 1, was br 1 to the loop
		"end",
		"i32.const", "local.set", "charge 5", "br 0", // back to the loop
		"end", "end",
	}
	if d := cmp.Diff(want, listing(decode(t, metered))); d != "" {
		t.Errorf("dispatch (-want +got):\n%s", d)
	}
	// Each of these has something that is not the shape, so the loop itself is
	// charged.
	for _, name := range []string{
		"dispatch_other", "dispatch_computed", "dispatch_if", "dispatch_inner", "dispatch_self", "dispatch_between",
	} {
		metered, err := meter.Rewrite(decode(t, fixture(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		code := listing(decode(t, metered))
		for i, line := range code {
			if line == "loop" && code[i+1][:6] != "charge" {
				t.Errorf("%s is taken for a dispatch: %v", name, code)
			}
		}
	}
}

// listing renders the first function, with its charges as one line each.
func listing(m *wasm.Module) []string {
	names := map[wasm.Opcode]string{
		wasm.OpLoop: "loop", wasm.OpBlock: "block", wasm.OpLocalGet: "local.get", wasm.OpLocalSet: "local.set",
		wasm.OpI32Const: "i32.const", wasm.OpBrTable: "br_table", wasm.OpBr: "br", wasm.OpEnd: "end",
	}
	fuel := m.Exports[len(m.Exports)-1].Index
	var lines []string
	var c wasm.Cursor
	for c.Reset(m, m.Code[0]); c.Next(); {
		line := names[c.Op]
		switch {
		case c.Op == wasm.OpGlobalGet && c.X == fuel:
			c.Next()
			price := m.File[c.At+1 : c.End()]
			line = "charge " + string('0'+price[0]&0x7f)
			for range 10 {
				c.Next()
			}
		case c.Op == wasm.OpBr:
			line += " " + string('0'+byte(c.X))
		}
		lines = append(lines, line)
	}
	return lines
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// TestSurvey checks what callers know of functions.
func TestSurvey(t *testing.T) {
	file, err := os.ReadFile("testdata/calls.wasm")
	if err != nil {
		t.Fatal(err)
	}
	m, err := wasm.Decode(file, wasm.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	all := newRewriter(m).traits
	got := map[string]traits{}
	for _, e := range m.Exports {
		got[e.Name] = all[e.Index-1]
	}
	small := func(weight, height int) traits { return traits{small: true, weight: weight, height: height} }
	charged := func(height int) traits { return traits{height: height} }
	exits := traits{exits: true}
	want := map[string]traits{
		"leaf":                small(4, 1),
		"caller of a leaf":    small(2*(1+1+CallWeight+4), 2),
		"caller of the host":  charged(1),
		"heavy":               charged(1),
		"small around a loop": small(0, 1),
		"caller of a loop":    small(1+1+CallWeight, 2),

		"calls itself":            exits,
		"calls another":           exits,
		"that calls it":           exits,
		"calls what calls itself": small(1+1+CallWeight, 1),
		"calls its own type":      exits, // it is exported and in the table
		"calls another type":      exits, // its own type is called by one of that type

		"chain of 15": charged(15),
		"chain of 16": exits,
		"chain of 17": charged(1),
		"chain of 18": charged(2),
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(traits{})); d != "" {
		t.Errorf("survey (-want +got):\n%s", d)
	}
}

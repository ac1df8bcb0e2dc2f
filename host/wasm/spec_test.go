// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package wasm_test

import (
	"testing"

	"github.com/wasm-controller-manager/wcm/host/wasm"
	"github.com/wasm-controller-manager/wcm/host/wasm/spectest"
)

// needStack are the reasons why a module of the suite is invalid that only an
// operand stack or the set of declared references shows.
var needStack = map[string]bool{
	"type mismatch":                 true,
	"undeclared function reference": true,
	"invalid result arity":          true,
}

// TestSpecification decodes all modules of the specification's test suite.
func TestSpecification(t *testing.T) {
	var valid, malformed, invalid int
	for _, s := range spectest.Load(t) {
		for _, c := range s.Commands {
			file := s.Module(t, &c)
			if file == nil {
				continue
			}
			_, err := wasm.Decode(file, wasm.DefaultLimits())
			switch c.Type {
			case "module", "assert_unlinkable", "assert_uninstantiable":
				valid++
				if err != nil {
					t.Errorf("%s:%d: Decode of a valid module: %v", s.Name, c.Line, err)
				}
			case "assert_malformed":
				malformed++
				if err == nil {
					t.Errorf("%s:%d: Decode of a malformed module gave no error: %s", s.Name, c.Line, c.Text)
				}
			case "assert_invalid":
				invalid++
				if err == nil && !needStack[c.Text] {
					t.Errorf("%s:%d: Decode of an invalid module gave no error: %s", s.Name, c.Line, c.Text)
				}
			default:
				t.Errorf("%s:%d: command %s with a module", s.Name, c.Line, c.Type)
			}
		}
	}
	t.Logf("%d valid modules, %d malformed ones, %d invalid ones", valid, malformed, invalid)
	if valid < 1500 || malformed < 500 || invalid < 1500 {
		t.Error("the suite has shrunk")
	}
}

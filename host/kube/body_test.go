// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import "testing"

// TestTypeMeta: what already says what it is goes as it came, and everything
// else is completed.
func TestTypeMeta(t *testing.T) {
	for _, c := range []struct{ body, want, why string }{
		{`{"apiVersion":"v2","kind":"Other","x":1 }`, `{"apiVersion":"v2","kind":"Other","x":1 }`, "it begins with both"},
		{`{"x":1, "kind":"Other","apiVersion":"v2"}`, `{"x":1, "kind":"Other","apiVersion":"v2"}`, "it has both"},
		{`{"apiVersion":"","kind":""}`, `{"apiVersion":"","kind":""}`, "both are there"},
		{`{"apiVersion":"v2","x":1}`, `{"apiVersion":"v1","kind":"Pod","x":1}`, "one is missing"},
		{`{"apiVersion":"v\u0032","kind":"P\"","x":1 }`, `{"apiVersion":"v\u0032","kind":"P\"","x":1 }`, "written otherwise"},
		{`{"x":{"apiVersion":"v2","kind":"Other"}}`, `{"apiVersion":"v1","kind":"Pod","x":{"apiVersion":"v2","kind":"Other"}}`, "an inner one does not count"},
	} {
		got, err := withTypeMeta([]byte(c.body), Target{Version: "v1", Kind: "Pod"}, "")
		if string(got) != c.want || err != nil {
			t.Errorf("%s: got %s (%v), want %s: %s", c.body, got, err, c.want, c.why)
		}
	}
	if _, err := withTypeMeta([]byte(`{"apiVersion":"v2",`), Target{}, ""); err == nil {
		t.Error("a body that is cut off: no error")
	}
}

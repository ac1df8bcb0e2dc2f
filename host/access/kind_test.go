// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import "testing"

func TestKindOf(t *testing.T) {
	for _, c := range []struct{ object, want, why string }{
		{`{"kind":"Pod","apiVersion":"v1"}`, "Pod", "as API servers write it"},
		{`{"metadata":{"kind":"Inner"},"kind":"Pod"}`, "Pod", "only the top level counts"},
		{`{"kind":"Pod","metadata":`, "Pod", "what follows is not looked at"},
		{`{"kind":"P\u006fd","metadata":`, "Pod", "written otherwise"},
		{`{ "kind" : "Pod"}`, "Pod", "with spaces"},
		{`{"kind":"Po`, "", "cut off inside"},
		{`{"kind":7}`, "", "no text"},
		{`{"apiVersion":"v1"}`, "", "none"},
		{`["kind","Pod"]`, "", "no object"},
		{`{`, "", "cut off"},
		{``, "", "an empty answer, as to some deletes"},
	} {
		if got := kindOf([]byte(c.object)); got != c.want {
			t.Errorf("kindOf(%s): got %q, want %q: %s", c.object, got, c.want, c.why)
		}
	}
}

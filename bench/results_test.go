// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

func TestReplace(t *testing.T) {
	names := []string{"dispatch", "read", "event"}
	for _, c := range []struct{ why, results, name, section, want string }{
		{"the first results", "", "read", "\n## read\nnew\n", heading + "\n## read\nnew\n"},
		{
			"in the order of the names",
			heading + "\n## event\n5\n", "read", "\n## read\nnew\n",
			heading + "\n## read\nnew\n\n## event\n5\n",
		},
		{
			"in the place of what was measured before",
			heading + "\n## dispatch\n1\n\n## read\nold\n\n## event\n5\n", "read", "\n## read\nnew\n",
			heading + "\n## dispatch\n1\n\n## read\nnew\n\n## event\n5\n",
		},
		{
			"a benchmark that is no more",
			heading + "\n## gone\n1\n", "read", "\n## read\nnew\n",
			heading + "\n## read\nnew\n",
		},
	} {
		if got := replace(c.results, names, c.name, c.section); got != c.want {
			t.Errorf("%s: replace:\n%s\nwant:\n%s", c.why, got, c.want)
		}
	}
}

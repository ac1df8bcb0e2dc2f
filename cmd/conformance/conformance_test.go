// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/wasm-controller-manager/wcm/plugins"
)

func TestFocus(t *testing.T) {
	tests := []struct {
		reason, name, other string
		want                bool
	}{
		{"labels follow the text", "[sig-apps] ReplicaSet works", "[sig-apps] ReplicaSet works [Conformance] [sig-apps, Conformance]", true},
		{"labels come in any order", "[sig-node] Taints evict [Disruptive] [Serial]", "[sig-node] Taints evict [Conformance] [Disruptive] [Serial]", true},
		{"a test whose name is longer is another one", "[sig-node] Taints evict", "[sig-node] Taints evict late [Serial]", false},
		{"what stands first is no label", "[sig-apps] ReplicaSet works", "[sig-node] ReplicaSet works", false},
		{"the text is no pattern", "[sig-apps] a.c", "[sig-apps] abc", false},
	}
	for _, tt := range tests {
		if got := regexp.MustCompile(test{name: tt.name}.focus()).MatchString(tt.other); got != tt.want {
			t.Errorf("%s: the focus on %q matches %q: got %t, want %t", tt.reason, tt.name, tt.other, got, tt.want)
		}
	}
}

func TestJudge(t *testing.T) {
	const passed, skipped = `{"LeafNodeType":"It","State":"passed"}`, `{"LeafNodeType":"It","State":"skipped"}`
	tests := []struct{ reason, specs, want string }{
		{"one has passed, the others were not asked for", passed + "," + skipped, ""},
		{"none has run", skipped, "0 tests have this name, expected one"},
		{"setting up is no test", `{"LeafNodeType":"SynchronizedBeforeSuite","State":"passed"}`, "0 tests have this name, expected one"},
		{"two have the name", passed + "," + passed, "2 tests have this name, expected one"},
		{"it has failed", `{"LeafNodeType":"It","State":"failed","Failure":{"Message":"no pods\nmore"}}`, "failed: no pods"},
		{"a test that skips itself shows nothing", `{"LeafNodeType":"It","State":"skipped","Failure":{"Message":"needs 2 nodes"}}`, "skipped: needs 2 nodes"},
	}
	for _, tt := range tests {
		file := filepath.Join(t.TempDir(), "report.json")
		if err := os.WriteFile(file, []byte(`[{"SpecReports":[`+tt.specs+`]}]`), 0o600); err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := judge(file); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: judge: error %q, want %q", tt.reason, got, tt.want)
		}
	}
}

// TestControllers checks that each test is of controllers that there are.
func TestControllers(t *testing.T) {
	all := chosen(regexp.MustCompile(""))
	if len(all) < 30 {
		t.Fatalf("%d tests, want the list of upstream's", len(all))
	}
	for _, tt := range all {
		for _, name := range tt.names() {
			if _, found := plugins.Find(name); !found {
				t.Errorf("%s: there is no controller %q", tt.name, name)
			}
		}
	}
}

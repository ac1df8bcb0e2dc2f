// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const base = `
controllers: [a-controller]
serviceAccount: a
settings: {size: 1, names: [x], inner: {b: 2}}
grants: {resources: [{groups: [""], resources: [pods], verbs: [get]}], discover: true}
limits: {memory: 16Mi, instances: 2}
`

func TestOverlay(t *testing.T) {
	tests := []struct {
		reason, over, want string // want is a file that means the same
	}{
		{"nothing", "", base},
		{"a comment", "# later\n", base},
		{"the same controllers", "controllers: [a-controller]", base},
		{"fields without a value", "grants:\nsettings:\n", base},
		{"a setting is replaced, the others stay", "settings: {size: 2, inner: {c: 3}}",
			strings.Replace(base, "{size: 1, names: [x], inner: {b: 2}}", "{size: 2, names: [x], inner: {c: 3}}", 1)},
		{"so are limits", "limits: {instances: 3}", strings.Replace(base, "instances: 2", "instances: 3", 1)},
		{"grants are replaced as a whole", "grants: {resources: [{groups: [''], resources: [pods], verbs: [list]}]}",
			strings.Replace(base, `[get]}], discover: true`, "[list]}]", 1)},
		{"they can be taken away", "grants: {}", strings.Replace(base, `grants: {resources: [{groups: [""], resources: [pods], verbs: [get]}], discover: true}`, "", 1)},
		{"the ServiceAccount", "serviceAccount: b", strings.Replace(base, "serviceAccount: a", "serviceAccount: b", 1)},
		{"a part that was not there", "rollback: {window: 5m}", base + "rollback: {window: 5m}"},
		{"large numbers are kept", "settings: {size: 9007199254740993}", strings.Replace(base, "size: 1", "size: 9007199254740993", 1)},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			merged, err := Overlay([]byte(base), []byte(test.over))
			if err != nil {
				t.Fatalf("Overlay(%q): %v", test.over, err)
			}
			got, err := Parse(merged)
			if err != nil {
				t.Fatalf("Parse(%s): %v", merged, err)
			}
			want, err := Parse([]byte(test.want))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmp.Comparer(sameSettings)); diff != "" {
				t.Errorf("Overlay(%q), -want +got:\n%s", test.over, diff)
			}
		})
	}
}

// sameSettings compares with the digits of numbers, and without the order of fields.
func sameSettings(a, b json.RawMessage) bool {
	trees := [2]any{}
	for i, text := range []json.RawMessage{a, b} {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&trees[i]); err != nil {
			return false
		}
	}
	return cmp.Equal(trees[0], trees[1])
}

func TestOverlayRefuses(t *testing.T) {
	for over, want := range map[string]string{
		"settings: {":         "did not find expected",
		"limits: {memroy: 1}": `unknown field "limits.memroy"`,
		"controllers: [b]":    "controllers: got [b], expected those that the plugin comes with, [a-controller], or none",
		"[grants]":            "expected fields",
	} {
		if merged, err := Overlay([]byte(base), []byte(over)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Overlay(%q) = %s, %v, want an error with %q", over, merged, err, want)
		}
	}
}

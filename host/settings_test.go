// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/abi/record/recordjson"
	"github.com/wasm-controller-manager/wcm/host/manifest"
)

func TestSettingsBody(t *testing.T) {
	shape, err := record.ParseShape("{count int,labels map<string>,pools list<{name string}>}")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		reason string
		file   string
		shape  *record.Shape
		want   string // the settings as JSON
		err    string
	}{
		{"no file", "", &shape, `{}`, ""},
		{"an empty file", "# later\n", &shape, `{}`, ""},
		{"everything", "settings:\n  count: 3\n  labels: {any: x}\n  pools: [{name: a}]\n", &shape,
			`{"count":3,"labels":{"any":"x"},"pools":[{"name":"a"}]}`, ""},
		{"no settings wanted and none given", "", nil, "", ""},
		{"no settings wanted", "settings: {count: 3}", nil, "", "settings: the module takes none"},
		{"a misspelt setting", "settings: {cuont: 3}", &shape, "", `unknown field "settings.cuont", expected one of: count, labels, pools`},
		{"a misspelt setting further in", "settings: {pools: [{name: a}, {title: b}]}", &shape, "", `unknown field "settings.pools[1].title"`},
		{"a setting of another type", "settings: {count: many}", &shape, "", "count"},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			operators, err := manifest.Parse([]byte(test.file))
			if err != nil {
				t.Fatal(err)
			}
			body, err := settingsBody(operators.Settings, test.shape)
			if test.err != "" || err != nil {
				if err == nil || test.err == "" || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("settingsBody(%q): got error %v, want %q", test.file, err, test.err)
				}
				return
			}
			if test.shape == nil {
				if body != nil {
					t.Fatalf("settingsBody(%q): got %x, want nothing", test.file, body)
				}
				return
			}
			got, err := recordjson.BodyToJSON(test.shape, body)
			if err != nil || string(got) != test.want {
				t.Errorf("settingsBody(%q): got %s (error %v), want %s", test.file, got, err, test.want)
			}
		})
	}
}

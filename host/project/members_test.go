// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project_test

import (
	"encoding/json"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/project"
)

// FuzzMembers compares what Members finds with what encoding/json does. The
// last one of a name counts.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { } `, `{"a":1}`, "\n{ \"a\" : [1,{}] ,\t\"b\":{\"a\":\"}\"} } ", `{"a":1,"a":null}`, `{"a\"b":"\\"}`, `{"\u0061":1,"a":2}`, `{"":""}`,
		`{"a":1,}`, `{"a":1}}`, `{"a":1} x`, `{"a"}`, `{"a":}`, `{,}`, `[]`, `"a"`, ``, `{`, `{"a`, `{"a":1 "b":2}`, `{"a":01}`, "{\"a\n\":1}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := map[string]string{}
		whole := project.Members(text, func(name, value []byte) {
			var key string
			if err := json.Unmarshal([]byte(`"`+string(name)+`"`), &key); err != nil {
				t.Errorf("%q: name %q: %v", text, name, err)
			}
			got[key] = string(value)
		})
		var want map[string]json.RawMessage
		err := json.Unmarshal(text, &want)
		if is := err == nil && want != nil; whole != is {
			t.Fatalf("%q: got %t, want %t, as encoding/json says %v", text, whole, is, err)
		}
		if !whole {
			return
		}
		if len(got) != len(want) {
			t.Errorf("%q: got %d members, want %d", text, len(got), len(want))
		}
		for name, value := range want {
			if got[name] != string(value) {
				t.Errorf("%q: %q is %q, want %q", text, name, got[name], value)
			}
		}
	})
}

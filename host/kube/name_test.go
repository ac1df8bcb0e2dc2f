// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
)

// FuzzNameCreated holds a body that goes as it came to what the one would say
// that is written anew, for readers that tell cases apart and for those that do not.
func FuzzNameCreated(f *testing.F) {
	for _, metadata := range []string{
		`{}`, `{"name":"a"}`, `{"generateName":"a-"}`, `{"name":"a","generateName":"b-"}`, `{"name":"","generateName":"b-"}`,
		`{"name":"a","name":"b"}`, `{"name":"a","Name":"b"}`, `{"name":"a","n\u0061me":"b"}`, `{"name":"\u0061"}`, `{"name":null}`, `{"name":1}`,
		`{"name":"ä"}`, "{\"name\":\"\xff\"}", `{"generatename":"c","generateName":"b-"}`, `{"labels":{"name":"b"},"name":"a"}`, `null`, `[]`, `1`, `{"name":"a"`,
		`{"NAME":"b"}`, `{"name":"a"},"metadata":{"name":"b"}`, `{"name":"a"},"Metadata":{"name":"b"}`, `{"name":"a"},"met\u0061data":{"name":"b"}`,
	} {
		f.Add([]byte(`{"kind":"Pod","metadata":`+metadata+`}`), "")
		f.Add([]byte(`{"metadata":`+metadata+`,"spec":{"metadata":{"name":"c"}}} `), "a")
	}
	f.Add([]byte(nil), "a")
	f.Add([]byte(`{}`), "")
	f.Fuzz(func(t *testing.T, body []byte, name string) {
		got, want := abi.WriteRequest{Name: name, Body: body}, abi.WriteRequest{Name: name, Body: body}
		prefix, err := NameCreated(&got)
		wantPrefix, wantErr := nameCreated(&want)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q of %s: got error %v, want %v", name, body, err, wantErr)
		}
		if err != nil {
			return
		}
		if prefix != wantPrefix || got.Name != want.Name {
			t.Errorf("%q of %s: got name %q and prefix %q, want %q and %q", name, body, got.Name, prefix, want.Name, wantPrefix)
		}
		if bytes.Equal(got.Body, want.Body) {
			return
		}
		var folded struct {
			Metadata struct{ Name, GenerateName string }
		}
		if err := json.Unmarshal(got.Body, &folded); err != nil {
			t.Fatalf("%q of %s: %v", name, got.Body, err)
		}
		if m := folded.Metadata; m.Name != want.Name || m.Name == "" && m.GenerateName != wantPrefix {
			t.Errorf("%q of %s: it goes as %s, in which one may read %q and %q, want %q and %q", name, body, got.Body, m.Name, m.GenerateName, want.Name, wantPrefix)
		}
	})
}

// TestPlainNames: what the SDK sends is not written anew.
func TestPlainNames(t *testing.T) {
	for body, want := range map[string]abi.WriteRequest{
		`{"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"a-"}}`: {},
		`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}`:          {Name: "a"},
	} {
		for _, name := range []string{"", want.Name} {
			w := abi.WriteRequest{Name: name, Body: []byte(body)}
			if _, err := NameCreated(&w); err != nil || w.Name != want.Name || string(w.Body) != body {
				t.Errorf("%q of %s: got name %q and body %s, error %v; want %q and the same body", name, body, w.Name, w.Body, err, want.Name)
			}
		}
	}
}

func BenchmarkNameCreated(b *testing.B) {
	body := []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"web-","namespace":"shop","labels":{"app":"web"},` +
		`"ownerReferences":[{"apiVersion":"v1","kind":"ReplicationController","name":"web","uid":"0123","controller":true}]},` +
		`"spec":{"containers":[{"name":"web","image":"` + strings.Repeat("x", 400) + `"}]}}`)
	b.ReportAllocs()
	for b.Loop() {
		if prefix, err := NameCreated(&abi.WriteRequest{Body: body}); err != nil || prefix != "web-" {
			b.Fatal(prefix, err)
		}
	}
}

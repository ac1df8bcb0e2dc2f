// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/abi/record/recordjson"
	"github.com/wasm-controller-manager/wcm/host/project"
)

func TestRenderAgreesWithReference(t *testing.T) {
	tests := map[string]struct{ reason, shape, object string }{
		"Empty":          {"nothing gives an empty object", everyKind, `{}`},
		"Kinds":          {"each kind has its JSON", everyKind, `{"bool":true,"bytes":"aGk=","float":1.5e300,"int":-3,"ios":"80%","raw":{"a": [1, 2]},"text":"x","time":"2024-02-29T12:00:00.5Z","list":[1,2],"map":{"a":"1"},"obj":{"a":1,"b":""}}`},
		"Present":        {"a present optional value is rendered even if it is zero", everyKind, `{"oBool":false,"oBytes":"","oFloat":0,"oInt":0,"oIos":0,"oRaw":0,"oText":"","oTime":"1970-01-01T00:00:00Z","oList":[],"oMap":{},"oObj":{}}`},
		"Elements":       {"elements are always there", everyKind, `{"oList":[null,0],"oMap":{"a":null,"b":{}},"list":[null],"objs":[{},{"c":[""],"b":{"k":"aGk="}}]}`},
		"Escapes":        {"what JSON escapes is escaped, HTML is not", everyKind, `{"text":"a\"\\\b\f\n\r\t\u0001\u007f\u2028<&>é😀","map":{"\u0000":"\u2029"}}`},
		"Header":         {"the header joins metadata", podShape, string(samplePod)},
		"HeaderAlone":    {"metadata is there without being in the shape", "{a int,z int}", `{"a":1,"z":2,"metadata":{"name":"n","resourceVersion":"7"}}`},
		"HeaderAbsent":   {"there is no metadata without header", "{a int,z int}", `{"a":1,"z":2}`},
		"HeaderOrder":    {"the header takes its places by name", "{metadata{a int,nb int,zz int}}", `{"metadata":{"a":1,"nb":2,"zz":3,"name":"n","namespace":"s","uid":"u","resourceVersion":"1"}}`},
		"HeaderTaken":    {"the body's own member stands for the header's", "{metadata{name string,uid string?}}", `{"metadata":{"name":"n","uid":"","namespace":"s"}}`},
		"MetadataEmpty":  {"present but empty metadata is rendered", "{metadata{labels map<string>}?}", `{"metadata":{}}`},
		"MetadataRaw":    {"raw metadata has the header in itself", "{metadata raw}", `{"metadata":{"name": "n"}}`},
		"MetadataBoth":   {"of two kinds of metadata one is rendered", "{metadata raw,metadata{name string}}", `{"metadata":{"name": "n","uid":"u"}}`},
		"TwoKinds":       {"of two kinds of a field the present one is rendered", "{a int,a string,b list<int>,b{x int}}", `{"a":"x","b":{"x":1}}`},
		"NestedMetadata": {"only the metadata of the object takes the header", "{spec{metadata{labels map<string>}}}", `{"spec":{"metadata":{"labels":{"a":"b"}}},"metadata":{"name":"n"}}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { checkRender(t, shape(t, tt.shape), []byte(tt.object), tt.reason) })
	}
}

func checkRender(t *testing.T, s *record.Shape, object []byte, reason string) {
	t.Helper()
	rec, _ := project.NewJSON(s).Append(nil, object) // a mismatch leaves a whole record
	want, err := recordjson.ToJSON(s, rec)
	if err != nil {
		t.Fatal(err)
	}
	got, err := project.Render([]byte("dst"), s, rec)
	if err != nil || string(got) != "dst"+string(want) {
		t.Fatalf("%s\nRender(%s, %q)\n got %s, %v\nwant dst%s", reason, s, rec, got, err, want)
	}
	again, _ := project.NewJSON(s).Append(nil, got[3:])
	if !bytes.Equal(again, rec) {
		t.Errorf("JSON.Append(%s) of what Render gives\n got %q\nwant %q", s, again, rec)
	}
}

func TestRenderRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	typ := reflect.TypeFor[corev1.Pod]()
	for range 300 {
		pod := &corev1.Pod{}
		fill(reflect.ValueOf(pod).Elem(), random, 8)
		pod.ResourceVersion = "12"
		object, err := json.Marshal(pod)
		if err != nil {
			t.Fatal(err)
		}
		s := record.Shape{Kind: record.Struct, Fields: randomFields(typ, random, 8)}.Canonical()
		checkRender(t, &s, object, "a random pod")
	}
}

func FuzzRender(f *testing.F) {
	s := shape(f, everyKind)
	rec, err := project.NewJSON(s).Append(nil, []byte(`{"metadata":{"name":"n"},"oInt":1,"oMap":{"k":{"x":1}},"objs":[{"c":["x"]}],"ios":"x"}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(rec)
	f.Fuzz(func(t *testing.T, rec []byte) {
		got, err := project.Render(nil, s, rec)
		if valid := record.Check(rec, s) == nil; valid != (err == nil) {
			t.Fatalf("Render(%q): error %v, want one exactly if the record is invalid", rec, err)
		}
		want, reference := recordjson.ToJSON(s, rec)
		if err != nil || reference != nil {
			return
		}
		// A record whose map keys are not in order is none that JSON gives.
		if again, _ := recordjson.FromJSON(s, want); bytes.Equal(again, rec) && !bytes.Equal(got, want) {
			t.Errorf("Render(%q) = %s, want %s", rec, got, want)
		}
	})
}

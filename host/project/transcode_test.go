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
	"github.com/wasm-controller-manager/wcm/host/project"
)

// body returns the body of the object's record.
func body(t testing.TB, s *record.Shape, object []byte) []byte {
	t.Helper()
	rec, err := project.NewJSON(s).Append(nil, object)
	if err != nil {
		t.Fatalf("JSON.Append(%s, %s): %v", s, object, err)
	}
	_, _, _, _, b, err := record.CutHeader(rec)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTranscoder(t *testing.T) {
	tests := map[string]struct{ reason, from, to, object string }{
		"Same":        {"equal shapes need no copy", podShape, podShape, string(samplePod)},
		"Nothing":     {"a part may be empty", podShape, "{}", string(samplePod)},
		"Fields":      {"fields are left out at every place", "{a int,b string,c{d bool,e raw,f time},g list<int>}", "{b string,c{e raw}}", `{"a":1,"b":"x","c":{"d":true,"e":[1],"f":"2024-01-01T00:00:00Z"},"g":[1]}`},
		"Elements":    {"also in elements", "{l list<{a int,b int}>,m map<{a int,b int}>}", "{l list<{b int}>,m map<{a int}>}", `{"l":[{"a":1,"b":2},{"b":3}],"m":{"x":{"a":4},"y":{"b":5}}}`},
		"Absent":      {"an absent optional value is zero if the part is not optional", "{a int?,f float?,l list<int?>?,s{x string?,y int}?}", "{a int,f float,l list<int>,s{x string,y int}}", `{"l":[null,1,null]}`},
		"Present":     {"a present one loses its byte", "{a int?,f float?,l list<int?>?,s{x string?,y int}?}", "{a int,f float,l list<int>,s{x string,y int}}", `{"a":1,"f":2,"s":{"x":"x"}}`},
		"StaysAbsent": {"optional on both sides keeps its byte", "{a int?,s{x string?,y int}?}", "{a int?,s{x string}?}", `{}`},
		"OtherKind":   {"the field of the part's kind is taken", "{a int,a string}", "{a string}", `{"a":"x"}`},
		"Leaves":      {"every kind is stepped over", everyKind, "{time time}", `{"bool":true,"bytes":"aGk=","float":1.5,"int":-300,"ios":"80%","raw":1,"text":"x","time":"2024-02-29T12:00:00Z","oIos":3,"oTime":"2024-02-29T12:00:00Z","map":{"a":"b"}}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			checkTranscoder(t, shape(t, tt.from), shape(t, tt.to), []byte(tt.object), tt.reason)
		})
	}
}

// checkTranscoder expects what the part's own extractor makes of the object.
func checkTranscoder(t *testing.T, from, to *record.Shape, object []byte, reason string) {
	t.Helper()
	transcoder, err := project.NewTranscoder(from, to)
	if err != nil {
		t.Fatalf("NewTranscoder(%s, %s): %v", from, to, err)
	}
	union, _ := project.NewJSON(from).Append(nil, object) // a mismatch leaves a whole record
	want, _ := project.NewJSON(to).Append(nil, object)
	_, _, _, _, union, errFrom := record.CutHeader(union)
	_, _, _, _, want, errTo := record.CutHeader(want)
	if errFrom != nil || errTo != nil {
		t.Fatal(errFrom, errTo)
	}
	got := transcoder.Append([]byte("dst"), union)
	if !bytes.Equal(got, append([]byte("dst"), want...)) {
		t.Fatalf("%s\nTranscoder.Append(%s, %s, %q)\n got %q\nwant %q", reason, from, to, union, got, want)
	}
	if same := from.String() == to.String(); transcoder.Same() != same {
		t.Errorf("Transcoder(%s, %s).Same() = %v, want %v", from, to, transcoder.Same(), same)
	}
}

func TestTranscoderRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	typ := reflect.TypeFor[corev1.Pod]()
	for range 500 {
		pod := &corev1.Pod{}
		fill(reflect.ValueOf(pod).Elem(), random, 8)
		object, err := json.Marshal(pod)
		if err != nil {
			t.Fatal(err)
		}
		a := record.Shape{Kind: record.Struct, Fields: randomFields(typ, random, 8)}
		b := record.Shape{Kind: record.Struct, Fields: randomFields(typ, random, 8)}
		a, union := a.Canonical(), record.Union(a, b)
		checkTranscoder(t, &union, &a, object, "a union of pods")
	}
}

func TestTranscoderNonOptionalToOptional(t *testing.T) {
	from, to := shape(t, "{a int,l list<string>,s{x int}}"), shape(t, "{a int?,l list<string?>?,s{x int?}?}")
	transcoder, err := project.NewTranscoder(from, to)
	if err != nil {
		t.Fatal(err)
	}
	got := transcoder.Append(nil, body(t, from, []byte(`{"l":["x"]}`)))
	if want := body(t, to, []byte(`{"a":0,"l":["x"],"s":{"x":0}}`)); !bytes.Equal(got, want) {
		t.Errorf("Transcoder.Append = %q, want %q: everything is present", got, want)
	}
}

func TestNewTranscoderNamesTheMissingField(t *testing.T) {
	_, err := project.NewTranscoder(shape(t, "{spec{a int,c list<{x int}>}}"), shape(t, "{spec{a int,c list<{y int}>}}"))
	want := "field spec.c[].y int is not in the shape to transcode from"
	if err == nil || err.Error() != want {
		t.Errorf("NewTranscoder: error %v, want %s", err, want)
	}
}

func FuzzTranscoder(f *testing.F) {
	f.Add(body(f, shape(f, everyKind), []byte(`{"bool":true,"oInt":1,"oMap":{"k":{"x":1}},"objs":[{"c":["x"]}],"time":"2024-02-29T12:00:00Z"}`)))
	from := shape(f, everyKind)
	to := shape(f, "{oInt int,oList list<int>,oMap map<{x int}>?,objs list<{c list<string>}>,text string?}")
	transcoder, err := project.NewTranscoder(from, to)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, union []byte) {
		part := transcoder.Append(nil, union)
		if record.CheckBody(union, from) != nil {
			return // anything but a panic
		}
		if err := record.CheckBody(part, to); err != nil {
			t.Fatalf("Transcoder.Append(%q) = %q: %v", union, part, err)
		}
	})
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/abi/record/recordjson"
	"github.com/wasm-controller-manager/wcm/host/project"
)

func shape(t testing.TB, text string) *record.Shape {
	t.Helper()
	s, err := record.ParseShape(text)
	if err != nil {
		t.Fatalf("ParseShape(%q): %v", text, err)
	}
	s = s.Canonical()
	if err := s.Validate(); err != nil {
		t.Fatalf("shape %s: %v", text, err)
	}
	return &s
}

const podShape = "{metadata{deletionTimestamp time,labels map<string>,name string,namespace string," +
	"ownerReferences list<{apiVersion string,controller bool?,kind string,name string,uid string}>,uid string}," +
	"spec{nodeName string},status{conditions list<{status string,type string}>,phase string}}"

// everyKind has every kind, optional and not.
const everyKind = "{bool bool,bytes bytes,float float,int int,ios intOrString,raw raw,text string,time time," +
	"list list<int>,map map<string>,obj{a int,b string?}," +
	"oBool bool?,oBytes bytes?,oFloat float?,oInt int?,oIos intOrString?,oRaw raw?,oText string?,oTime time?," +
	"oList list<int?>?,oMap map<{x int?}?>?,oObj{a int,b string?}?,objs list<{a int,c list<string>,b map<bytes>}>}"

func TestJSONAgreesWithReference(t *testing.T) {
	tests := map[string]struct{ reason, shape, object string }{
		"Empty":            {"an object without anything has zero values", everyKind, `{}`},
		"SpaceAround":      {"white space is allowed around the object", everyKind, " \n{ } \t"},
		"Kinds":            {"each kind takes its JSON type", everyKind, `{"bool":true,"bytes":"aGk=","float":1.5,"int":-3,"ios":"80%","raw":{"a": [1, 2]},"text":"x","time":"2024-02-29T12:00:00Z","list":[1,2],"map":{"a":"1"},"obj":{"a":1,"b":""}}`},
		"OptionalKinds":    {"an optional value is there even if it is zero", everyKind, `{"oBool":false,"oBytes":"","oFloat":0,"oInt":0,"oIos":0,"oRaw":0,"oText":"","oTime":"1970-01-01T00:00:00Z","oList":[],"oMap":{},"oObj":{}}`},
		"Null":             {"null is absent, and keeps its place in lists and maps", everyKind, `{"bool":null,"raw":null,"oObj":null,"oList":[null,1],"oMap":{"a":null},"list":[null]}`},
		"WrongTypes":       {"a value of another type is absent", everyKind, `{"bool":1,"bytes":"%","float":"1","int":"1","ios":true,"text":{},"time":1,"list":{},"map":[],"obj":"x","oObj":[{"a":1}]}`},
		"WrongElements":    {"an element of another type is absent, the count stays", everyKind, `{"list":[1,"2",3],"map":{"a":1,"b":{}},"oMap":{"k":{"x":"no"}}}`},
		"OutOfRange":       {"numbers out of range are absent", everyKind, `{"int":9223372036854775808,"float":1e999,"oInt":1.0,"oIos":1e3,"list":[-9223372036854775808,9223372036854775807]}`},
		"Zeros":            {"minus zero is zero", everyKind, `{"int":-0,"float":-0.0,"text":-0.10}`},
		"Times":            {"RFC 3339 with fraction and zone, in the years that it can write", everyKind, `{"time":"2024-02-29T12:00:00.000001+05:30","oTime":"9999-12-31T23:59:59-01:00"}`},
		"UnsortedMap":      {"maps are sorted, the last of equal keys counts", everyKind, `{"map":{"b":"1","a":"2","b":"3","":"4","a":null}}`},
		"RepeatedMember":   {"the last of equal names counts, whole", everyKind, `{"obj":{"a":1,"b":"x"},"obj":{"b":"y"},"list":[1],"list":null}`},
		"RepeatedMetadata": {"also for the header", podShape, `{"metadata":{"name":"a","namespace":"n","labels":{"a":"b"}},"metadata":{"name":"b"}}`},
		"NullMetadata":     {"also if the last is null", podShape, `{"metadata":{"name":"a"},"metadata":null}`},
		"Escapes":          {"escapes are resolved in keys and values", everyKind, `{"t\u0065xt":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud800x\udc00","map":{"\u0062":"2","a\n":"1"}}`},
		"BadUTF8":          {"what is no UTF-8 becomes U+FFFD", everyKind, "{\"text\":\"a\xff\xfeb\",\"map\":{\"\xff\":\"\xe2\x82\"},\"raw\":\"\xff\"}"},
		"Header":           {"the header is metadata's, in any order", podShape, `{"metadata":{"resourceVersion":"42","uid":"u\u002d1","name":"n","namespace":"s"}}`},
		"HeaderOnly":       {"a shape without metadata has a header all the same", "{spec{}}", `{"spec":1,"metadata":{"name":"n","resourceVersion":"18446744073709551615"}}`},
		"HeaderTypes":      {"header parts of another type are absent", podShape, `{"metadata":{"resourceVersion":"x","uid":1,"name":["n"],"namespace":null}}`},
		"MetadataType":     {"metadata of another type is absent", podShape, `{"metadata":"n"}`},
		"RawMetadata":      {"metadata may be raw", "{metadata raw}", `{"metadata":{"name": "n"}}`},
		"TwoKinds":         {"each of two fields of one name takes what is of its kind", "{a int,a string,b list<int>,b{x int},b map<int>}", `{"a":"x","b":{"x":1}}`},
		"LongList":         {"a count of two bytes", everyKind, `{"list":[` + strings.Repeat("1,", 299) + `1],"text":"` + strings.Repeat("x", 300) + `"}`},
		"LongMap":          {"a count of two bytes, and a sort", everyKind, `{"map":` + manyKeys(300) + `}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			checkJSON(t, shape(t, tt.shape), []byte(tt.object), tt.reason)
		})
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"` + strings.Repeat("k", 1+(i*7919)%n) + `":"v"`)
	}
	return "{" + b.String()[1:] + "}"
}

// checkJSON compares with the reference, the error included.
func checkJSON(t *testing.T, s *record.Shape, object []byte, reason string) {
	t.Helper()
	want, wantErr := recordjson.FromJSON(s, object)
	before := bytes.Clone(object)
	got, gotErr := project.NewJSON(s).Append([]byte("dst"), object)
	if !bytes.Equal(before, object) {
		t.Fatalf("JSON.Append(%s, %q) modified its input", s, before)
	}
	if !bytes.HasPrefix(got, []byte("dst")) {
		t.Fatalf("JSON.Append(%s, %q) = %q, want it behind dst", s, object, got)
	}
	if diff := cmp.Diff(want, got[3:], cmp.Comparer(bytes.Equal)); diff != "" {
		t.Fatalf("%s\nJSON.Append(%s, %q): -want +got\n%s", reason, s, object, diff)
	}
	var wantOdd, gotOdd *record.MismatchError
	if errors.As(wantErr, &wantOdd) != errors.As(gotErr, &gotOdd) || (wantErr == nil) != (gotErr == nil) {
		t.Fatalf("%s\nJSON.Append(%s, %q): error %v, want %v", reason, s, object, gotErr, wantErr)
	}
}

func TestJSONNamesTheMismatch(t *testing.T) {
	tests := map[string]struct{ object, want string }{
		"Member":  {`{"bool":1}`, "field bool: want bool, got number"},
		"Element": {`{"objs":[{},{"c":["", {}]}]}`, "field objs[1].c[1]: want string, got object"},
		"Entry":   {`{"oMap":{"x":null,"k.1":{"x":"1"}}}`, `field oMap["k.1"].x: want int, got string`},
		"Escaped": {`{"\u006fMap":{"\u006b":1}}`, `field oMap["k"]: want struct, got number`},
		"List":    {`{"objs":{}}`, "field objs: want list<struct>, got object"},
		"Name":    {`{"metadata":{"name":1}}`, "field metadata.name: want string, got number"},
		"Version": {`{"metadata":{"resourceVersion":"v1"}}`, "field metadata.resourceVersion: want a number in a string, got string"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := project.NewJSON(shape(t, everyKind)).Append(nil, []byte(tt.object))
			if err == nil || err.Error() != tt.want {
				t.Errorf("JSON.Append(%s): error %v, want %s", tt.object, err, tt.want)
			}
			_, reference := recordjson.FromJSON(shape(t, everyKind), []byte(tt.object))
			if reference == nil || reference.Error() != tt.want {
				t.Errorf("FromJSON(%s): error %v, want %s", tt.object, reference, tt.want)
			}
		})
	}
}

// TestJSONNamesTheMismatchOfTwoKinds has fields of several kinds on the way to
// the mismatch, of which some do not go as deep.
func TestJSONNamesTheMismatchOfTwoKinds(t *testing.T) {
	tests := map[string]struct{ shape, object, want string }{
		"Raw":     {"{a raw,a{b{c int}}}", `{"a":{"b":{"c":"x"}}}`, "field a.b.c: want int, got string"},
		"RawMap":  {"{a map<raw>,a{b{c list<int>}}}", `{"a":{"b":{"c":[1,"x"]}}}`, `field a["b"].c[1]: want int, got string`},
		"RawList": {"{a list<raw>,a list<{b list<int>}>}", `{"a":[{"b":["x"]}]}`, "field a[0].b[0]: want int, got string"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := project.NewJSON(shape(t, tt.shape)).Append(nil, []byte(tt.object))
			if err == nil || err.Error() != tt.want {
				t.Errorf("JSON.Append(%s, %s): error %v, want %s", tt.shape, tt.object, err, tt.want)
			}
		})
	}
}

// TestConcurrently uses one extractor of each kind from several goroutines:
// their scratch space must not be shared.
func TestConcurrently(t *testing.T) {
	s := shape(t, podShape)
	j := project.NewJSON(s)
	p, err := project.NewProto(s, reflect.TypeFor[corev1.Pod]())
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			pod := &corev1.Pod{}
			pod.Name, pod.Labels = strings.Repeat("\"n", g+1), map[string]string{"b\n": strings.Repeat("x", 100*g), "a": "1"}
			object, _ := json.Marshal(pod)
			message, _ := pod.Marshal()
			want, err := recordjson.FromJSON(s, object)
			if err != nil {
				t.Error(err)
			}
			for range 300 {
				fromJSON, errJSON := j.Append(nil, object)
				fromProto, errProto := p.Append(nil, message)
				if errJSON != nil || errProto != nil || !bytes.Equal(fromJSON, want) || !bytes.Equal(fromProto, want) {
					t.Errorf("goroutine %d: JSON %q, %v, protobuf %q, %v, want %q", g, fromJSON, errJSON, fromProto, errProto, want)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestJSONRefusesMalformed(t *testing.T) {
	tests := map[string]struct{ object, want string }{
		"Nothing":      {``, "object, byte 0: unexpected end of JSON"},
		"NoObject":     {`[]`, `object, byte 0: unexpected '[' in JSON`},
		"Trailing":     {`{} {}`, `object, byte 3: unexpected '{' in JSON`},
		"NoColon":      {`{"spec" 1}`, `object, byte 8: unexpected '1' in JSON`},
		"InField":      {`{"spec":{"nodeName":"a` + "\n" + `"}}`, `field spec.nodeName, byte 22: unexpected '\n' in JSON`},
		"InElement":    {`{"status":{"conditions":[{"type":tru}]}}`, `field status.conditions[].type, byte 33: unexpected 't' in JSON`},
		"InUnknown":    {`{"spec":{"x":{"y":[1,]}}}`, `field spec, byte 21: unexpected ']' in JSON`},
		"WrongClosing": {`{"x":[1}`, `object, byte 7: unexpected '}' in JSON`},
		"LeadingZero":  {`{"x":01}`, `object, byte 6: unexpected '1' in JSON`},
		"BadEscape":    {`{"x":"\x"}`, `object, byte 6: unexpected '\\' in JSON`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rec, err := project.NewJSON(shape(t, podShape)).Append(nil, []byte(tt.object))
			if err == nil || err.Error() != tt.want {
				t.Errorf("JSON.Append(%q): error %v, want %s", tt.object, err, tt.want)
			}
			if len(rec) > 0 {
				t.Errorf("JSON.Append(%q) = %q, want nothing", tt.object, rec)
			}
		})
	}
}

// TestJSONHostile runs documents that cost more than they look.
func TestJSONHostile(t *testing.T) {
	tests := map[string]struct {
		object string
		ok     bool
	}{
		"DeepUnknown":    {`{"x":` + strings.Repeat(`[`, 9_000) + strings.Repeat(`]`, 9_000) + `}`, true},
		"TooDeep":        {`{"x":` + strings.Repeat(`{"a":`, 1_000_000), false},
		"UnknownKeys":    {`{` + strings.Repeat(`"unknown":[],`, 100_000) + `"text":"x"}`, true},
		"RepeatedMember": {`{` + strings.Repeat(`"text":"abcdefgh",`, 100_000) + `"text":"x"}`, true},
		"RepeatedKey":    {`{"map":{` + strings.Repeat(`"b":"x",`, 100_000) + `"a":"x"}}`, true},
		"RepeatedEscape": {`{"text":"` + strings.Repeat(`\ud83d`, 100_000) + `"}`, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.ok {
				checkJSON(t, shape(t, everyKind), []byte(tt.object), "same as the reference")
				return
			}
			if _, err := project.NewJSON(shape(t, everyKind)).Append(nil, []byte(tt.object)); err == nil {
				t.Error("JSON.Append: no error")
			}
		})
	}
}

// TestRecordIsBounded reads short lists of empty elements as elements of many
// fields.
func TestRecordIsBounded(t *testing.T) {
	var wide strings.Builder
	for i := range 500 {
		wide.WriteString("," + strings.Repeat("f", i+1) + " string")
	}
	s := shape(t, "{spec{containers list<{env list<{name string}>,resources{limits{"+wide.String()[1:]+"}}}>}}")
	const n = 200_000
	_, errJSON := project.NewJSON(s).Append(nil, []byte(`{"spec":{"containers":[`+strings.Repeat(`{},`, n)+`{}]}}`))
	p, err := project.NewProto(s, reflect.TypeFor[corev1.Pod]())
	if err != nil {
		t.Fatal(err)
	}
	pod, err := (&corev1.Pod{Spec: corev1.PodSpec{Containers: make([]corev1.Container, n)}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	_, errProto := p.Append(nil, pod)
	for _, err := range []error{errJSON, errProto} {
		var malformed *project.MalformedError
		if !errors.As(err, &malformed) || !strings.Contains(malformed.Cause, "larger than 64 MiB") {
			t.Errorf("Append of a list that takes 100 MB: error %v, want one that names the limit", err)
		}
	}
}

// TestJSONTruncated cuts a document at every byte: there is no prefix that is
// a whole object, and none may be read past its end.
func TestJSONTruncated(t *testing.T) {
	j := project.NewJSON(shape(t, podShape))
	for n := range len(livePod) - 1 {
		object := bytes.Clone(livePod[:n])
		if _, err := j.Append(nil, object[:n:n]); err == nil {
			t.Fatalf("JSON.Append of the first %d bytes: no error", n)
		}
	}
}

// TestJSONMutated changes bytes of documents at random and compares with the
// reference.
func TestJSONMutated(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	s := shape(t, podShape)
	for range 20_000 {
		object := bytes.Clone(samplePod)
		for range 1 + random.IntN(3) {
			object[random.IntN(len(object))] = `{}[]",:\nt0-.e 1`[random.IntN(16)]
		}
		checkJSONLoosely(t, s, object)
	}
}

// checkJSONLoosely allows a mismatch that the reference does not have, in a
// value that a later one of its name replaced.
func checkJSONLoosely(t *testing.T, s *record.Shape, object []byte) {
	t.Helper()
	want, wantErr := recordjson.FromJSON(s, object)
	got, gotErr := project.NewJSON(s).Append(nil, object)
	var odd *record.MismatchError
	if bytes.Equal(want, got) && (wantErr == nil) == (gotErr == nil) || bytes.Equal(want, got) && errors.As(gotErr, &odd) && wantErr == nil {
		return
	}
	t.Fatalf("JSON.Append(%s, %q)\n got %q, %v\nwant %q, %v", s, object, got, gotErr, want, wantErr)
}

// FuzzJSON compares with the reference for any shape and any document.
func FuzzJSON(f *testing.F) {
	f.Add(podShape, livePod)
	f.Add(podShape, samplePod)
	f.Add(everyKind, []byte(`{"bool":true,"bytes":"aGk=","float":1.5,"int":-3,"ios":"80%","raw":{"a": [1, 2]},"text":"x","time":"2024-02-29T12:00:00Z","list":[1,2],"map":{"b":"1","a":"\u0061"},"obj":{"a":1,"b":""},"objs":[{"b":{"k":"aGk="}}]}`))
	f.Add("{a map<raw>,a{b{c list<int>}},a list<raw>,a list<{b list<int>}>}", []byte(`{"a":{"b":{"c":[1,"x"]}},"a":[{"b":["x"]}]}`))
	f.Add("{a int,a string,b list<int>,b{x int},b map<int>}", []byte(`{"a":"x","b":{"x":1},"b":[1e3]}`))
	f.Fuzz(func(t *testing.T, text string, object []byte) {
		s, err := record.ParseShape(text)
		if err != nil {
			t.Skip()
		}
		if s = s.Canonical(); s.Validate() != nil {
			t.Skip()
		}
		checkJSONLoosely(t, &s, object)
	})
}

// TestJSONShuffled compares with the reference on the pod with its keys in
// random order, indented, and with characters escaped at random.
func TestJSONShuffled(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var pod any
	if err := json.Unmarshal(livePod, &pod); err != nil {
		t.Fatal(err)
	}
	s := shape(t, podShape)
	want, err := recordjson.FromJSON(s, livePod)
	if err != nil {
		t.Fatal(err)
	}
	j := project.NewJSON(s)
	for range 2000 {
		object := appendShuffled(nil, pod, random)
		got, err := j.Append(nil, object)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("JSON.Append(%s, %s)\n got %q, %v\nwant %q", s, object, got, err, want)
		}
	}
}

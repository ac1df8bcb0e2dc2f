// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package recordjson_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/abi/record/recordjson"
)

func parse(t testing.TB, text string) *record.Shape {
	t.Helper()
	s, err := record.ParseShape(text)
	if err != nil {
		t.Fatalf("ParseShape(%s): %v", text, err)
	}
	return &s
}

// values is one member v in each case: its shape, its text, its bytes, what
// ToJSON makes of these (empty: as the text), and the mismatch, if any.
var values = []struct{ reason, shape, text, bytes, back, mismatch string }{
	{"true", "bool", `true`, "\x01", "", ""},
	{"false is zero", "bool", `false`, "\x00", "-", ""},
	{"false that is present", "bool?", `false`, "\x01\x00", "", ""},
	{"null is absent", "bool?", `null`, "\x00", "-", ""},
	{"missing is absent", "bool?", ``, "\x00", "-", ""},
	{"a string is no bool", "bool?", `"true"`, "\x00", "-", "field v: want bool, got string"},
	{"int", "int", `-3`, "\x05", "", ""},
	{"largest int", "int", `9223372036854775807`, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", "", ""},
	{"too large an int", "int", `9223372036854775808`, "\x00", "-", "field v: want int, got number"},
	{"int with a fraction", "int", `1.0`, "\x00", "-", "field v: want int, got number"},
	{"int with an exponent", "int", `1e3`, "\x00", "-", "field v: want int, got number"},
	{"float", "float", `1.5e0`, "\x00\x00\x00\x00\x00\x00\xf8\x3f", `1.5`, ""},
	{"minus zero is zero", "float?", `-0.0`, "\x01\x00\x00\x00\x00\x00\x00\x00\x00", `0`, ""},
	{"too large a float", "float", `1e999`, "\x00\x00\x00\x00\x00\x00\x00\x00", "-", "field v: want float, got number"},
	{"string", "string", `"a<\u00e9\n"`, "\x05a<é\n", `"a<é\n"`, ""},
	{"string of a number keeps its text", "string", `1.50`, "\x041.50", `"1.50"`, ""},
	{"string that is not UTF-8", "string", "\"a\xffb\"", "\x05a\uFFFDb", "\"a\uFFFDb\"", ""},
	{"half a surrogate pair", "string", `"\ud800"`, "\x03\uFFFD", "\"\uFFFD\"", ""},
	{"a bool is no string", "string", `true`, "\x00", "-", "field v: want string, got bool"},
	{"bytes", "bytes", `"AP8="`, "\x02\x00\xff", "", ""},
	{"not base64", "bytes", `"AP8"`, "\x00", "-", "field v: want bytes, got string"},
	{"no bytes", "bytes?", `""`, "\x01\x00", "", ""},
	{"a number is no bytes", "bytes?", `12`, "\x00", "-", "field v: want bytes, got number"},
	{"time", "time", `"1970-01-01T00:00:01Z"`, "\x03\x00", "", ""},
	{"time with fraction and zone", "time", `"1970-01-01T01:00:00.000000005+01:00"`, "\x01\x05", `"1970-01-01T00:00:00.000000005Z"`, ""},
	{"time before 1970", "time", `"1969-12-31T23:59:59Z"`, "\x02\x00", "", ""},
	{"time behind the last year", "time", `"9999-12-31T23:59:59-01:00"`, "\x00", "-", "field v: want time, got string"},
	{"time in lower case", "time", `"1970-01-01t00:00:00z"`, "\x00", "-", "field v: want time, got string"},
	{"no time", "time", `""`, "\x00", "-", "field v: want time, got string"},
	{"int of int or string", "intOrString", `80`, "\x01\xa0\x01", "", ""},
	{"zero of int or string is present", "intOrString", `0`, "\x01\x00", "", ""},
	{"string of int or string", "intOrString", `"25%"`, "\x02\x0325%", "", ""},
	{"no int or string", "intOrString", `null`, "\x00", "-", ""},
	{"fraction of int or string", "intOrString", `1.5`, "\x00", "-", "field v: want intOrString, got number"},
	{"raw keeps its white space", "raw", `{ "b":1, "a":"<" }`, "\x12{ \"b\":1, \"a\":\"<\" }", "", ""},
	{"raw null is absent", "raw", `null`, "\x00", "-", ""},
	{"struct", "{a int,b{c string}}", `{"b":{"c":"x","y":[]}}`, "\x00\x01x", `{"b":{"c":"x"}}`, ""},
	{"empty struct that is present", "{a int}?", `{}`, "\x01\x00", "", ""},
	{"a list is no struct", "{a int}", `[{"a":1}]`, "\x00", "-", "field v: want struct, got array"},
	{"deep mismatch", "{a int,b int?}", `{"a":3,"b":"x"}`, "\x06\x00", `{"a":3}`, "field v.b: want int, got string"},
	{"names are case sensitive", "{a int}", `{"A":3}`, "\x00", "-", ""},
	{"list", "list<string>", `["","b"]`, "\x02\x00\x01b", "", ""},
	{"empty list", "list<int>", `[]`, "\x00", "-", ""},
	{"empty list that is present", "list<int>?", `[]`, "\x01\x00", "", ""},
	{"null in a list", "list<int>", `[null,1]`, "\x02\x00\x02", `[0,1]`, ""},
	{"null in a list of optional", "list<int?>", `[null,0]`, "\x02\x00\x01\x00", "", ""},
	{"mismatch in a list", "list<int>", `[1,"2",3]`, "\x03\x02\x00\x06", `[1,0,3]`, "field v[1]: want int, got string"},
	{"map is sorted", "map<string>", `{"b":"2","a":"1","":"0"}`, "\x03\x00\x010\x01a\x011\x01b\x012", `{"":"0","a":"1","b":"2"}`, ""},
	{"last of a key wins", "map<int>", `{"a":1,"a":2}`, "\x01\x01a\x04", `{"a":2}`, ""},
	{"null in a map", "map<string>", `{"a":null}`, "\x01\x01a\x00", `{"a":""}`, ""},
	{"mismatch in a map", "map<list<int>>", `{"a.b":1}`, "\x01\x03a.b\x00", `{"a.b":[]}`, `field v["a.b"]: want list<int>, got number`},
}

func TestBodyFromJSON(t *testing.T) {
	for _, c := range values {
		t.Run(c.reason, func(t *testing.T) {
			object := `{"v":` + c.text + `}`
			if c.text == "" {
				object = `{}`
			}
			shape := parse(t, "{v "+c.shape+"}")
			body, err := recordjson.BodyFromJSON(shape, []byte(object))
			if diff := cmp.Diff([]byte(c.bytes), body); diff != "" {
				t.Errorf("BodyFromJSON(%s, %s): -want +got\n%s", shape, object, diff)
			}
			if got := message(err); got != c.mismatch {
				t.Errorf("BodyFromJSON(%s, %s) = error %q, want %q", shape, object, got, c.mismatch)
			}
			if mismatch := (*record.MismatchError)(nil); err != nil && !errors.As(err, &mismatch) {
				t.Errorf("error is a %T, want %T", err, mismatch)
			}
			if err := record.CheckBody(body, shape); err != nil {
				t.Errorf("CheckBody(%x, %s) = %v", body, shape, err)
			}
		})
	}
}

func TestBodyToJSON(t *testing.T) {
	for _, c := range values {
		t.Run(c.reason, func(t *testing.T) {
			want := `{"v":` + c.text + `}`
			switch c.back {
			case "":
			case "-":
				want = `{}`
			default:
				want = `{"v":` + c.back + `}`
			}
			shape := parse(t, "{v "+c.shape+"}")
			got, err := recordjson.BodyToJSON(shape, []byte(c.bytes))
			if err != nil || string(got) != want {
				t.Errorf("BodyToJSON(%s, %x) = %s, %v; want %s", shape, c.bytes, got, err, want)
			}
			if body, err := recordjson.BodyFromJSON(shape, got); err != nil || string(body) != c.bytes {
				t.Errorf("BodyFromJSON(%s, %s) = %x, %v; want %x, as before", shape, got, body, err, c.bytes)
			}
		})
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestFromJSON(t *testing.T) {
	const zero = "\x00\x00\x00\x00"
	for _, c := range []struct{ reason, shape, object, want, err string }{
		{
			"header and body", "{spec{n int}}",
			`{"metadata":{"namespace":"default","name":"web","uid":"u","resourceVersion":"300"},"spec":{"n":1}}`,
			"\x07default\x03web\x01u\xac\x02" + "\x02", "",
		},
		{"metadata in the body as well", "{metadata{name string}}", `{"metadata":{"name":"web"}}`, "\x00\x03web\x00\x00" + "\x03web", ""},
		{"metadata as raw text", "{metadata raw}", `{"metadata":{"name":"w"}}`, "\x00\x01w\x00\x00" + "\x0c{\"name\":\"w\"}", ""},
		{"no metadata", "{}", `{}`, zero, ""},
		{"a version that is no number", "{}", `{"metadata":{"resourceVersion":"12x"}}`, zero, "field metadata.resourceVersion: want a number in a string, got string"},
		{"a version without quotes", "{}", `{"metadata":{"resourceVersion":12}}`, zero, "field metadata.resourceVersion: want string, got number"},
		{"a name that is no string", "{}", `{"metadata":{"name":[]}}`, zero, "field metadata.name: want string, got array"},
		{"metadata that is no object", "{}", `{"metadata":1}`, zero, "field metadata: want struct, got number"},
		{"the last spec wins whole", "{spec{a int,b int}}", `{"spec":{"a":1},"spec":{"b":1}}`, zero + "\x00\x02", ""},
		{"fields of one name and two kinds", "{p int,p string}", `{"p":"x"}`, zero + "\x00\x01x", "field p: want int, got string"},
		{"no object", "{}", `[]`, "", "object is not a JSON object: json: cannot unmarshal array into Go value of type map[string]json.RawMessage"},
		{"null", "{}", `null`, "", "object is not a JSON object but null"},
		{"cut off", "{}", `{"a":`, "", "object is not a JSON object: unexpected end of JSON input"},
		{"a bad shape", "{b int,a int}", `{}`, "", "shape: field a: not in canonical order"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			got, err := recordjson.FromJSON(parse(t, c.shape), []byte(c.object))
			if string(got) != c.want || message(err) != c.err {
				t.Errorf("FromJSON(%s, %s) = %q, %v; want %q, %v", c.shape, c.object, got, err, c.want, c.err)
			}
		})
	}
}

func TestToJSON(t *testing.T) {
	for _, c := range []struct{ reason, shape, rec, want, err string }{
		{"header alone", "{}", "\x01d\x01n\x01u\x05", `{"metadata":{"name":"n","namespace":"d","resourceVersion":"5","uid":"u"}}`, ""},
		{"header joins the body", "{metadata{labels map<string>}}", "\x00\x01n\x00\x00\x01\x01a\x01b", `{"metadata":{"labels":{"a":"b"},"name":"n"}}`, ""},
		{"raw metadata stays", "{metadata raw}", "\x00\x01n\x00\x00\x0c{\"name\":\"n\"}", `{"metadata":{"name":"n"}}`, ""},
		{"nothing", "{}", "\x00\x00\x00\x00", `{}`, ""},
		{"cut off in the header", "{}", "\x00\x00", "", "field uid: record ends inside a value"},
		{"cut off in the body", "{a{b string}}", "\x00\x00\x00\x00\x01", "", "field a: field b: record ends inside a value"},
		{"bytes behind it", "{}", "\x00\x00\x00\x00\x01", "", "record has bytes behind its last field"},
		{"raw that is no JSON", "{a raw}", "\x00\x00\x00\x00\x01{", "", "field a: record has a byte that its shape does not allow"},
		{"no number", "{a float}", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf8\x7f", "", "field a: json: unsupported value: NaN"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			got, err := recordjson.ToJSON(parse(t, c.shape), []byte(c.rec))
			if string(got) != c.want || message(err) != c.err {
				t.Errorf("ToJSON(%s, %q) = %s, %v; want %s, %v", c.shape, c.rec, got, err, c.want, c.err)
			}
		})
	}
}

// FuzzFromJSON checks that the record of any object is a valid one, and that
// rendering it and converting it again changes nothing.
func FuzzFromJSON(f *testing.F) {
	for _, c := range values {
		if c.text != "" {
			f.Add("{metadata{name string?},v "+c.shape+"}", `{"metadata":{"name":"n","resourceVersion":"7"},"v":`+c.text+`}`)
		}
	}
	f.Fuzz(func(t *testing.T, text, object string) {
		shape, err := record.ParseShape(text)
		if err != nil || shape.Validate() != nil || strings.Contains(text, "metadata raw") {
			t.Skip()
		}
		rec, err := recordjson.FromJSON(&shape, []byte(object))
		if rec == nil {
			return
		}
		if mismatch := (*record.MismatchError)(nil); err != nil && !errors.As(err, &mismatch) {
			t.Fatalf("FromJSON(%s, %s) = a record and %v", text, object, err)
		}
		if err := record.Check(rec, &shape); err != nil {
			t.Fatalf("FromJSON(%s, %s) = %x: %v", text, object, rec, err)
		}
		rendered, err := recordjson.ToJSON(&shape, rec)
		if err != nil {
			t.Fatalf("ToJSON(%s, %x): %v", text, rec, err)
		}
		again, err := recordjson.FromJSON(&shape, rendered)
		if err != nil || string(again) != string(rec) {
			t.Fatalf("FromJSON(%s, %s) = %x, %v; want %x", text, rendered, again, err, rec)
		}
	})
}

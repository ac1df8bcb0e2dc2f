// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/abi/record/recordjson"
	"github.com/wasm-controller-manager/wcm/sdk/internal/plan"
)

type name string

type base struct {
	Inherited string `json:"inherited,omitempty"`
}

type inner struct {
	A int            `json:"a,omitempty"`
	B *bool          `json:"b,omitempty"`
	C []string       `json:"c"`
	D map[string]int `json:"d,omitempty"`
}

// everything has a field of each kind that plan and encoding/json write alike.
type everything struct {
	base
	Bool     bool               `json:"bool"`
	Int      int                `json:"int"`
	Int8     int8               `json:"int8,omitempty"`
	Int16    int16              `json:"int16"`
	Int32    int32              `json:"int32"`
	Int64    int64              `json:"int64,string" wcm:"write"`
	Uint     uint               `json:"uint"`
	Uint8    uint8              `json:"uint8,omitempty"`
	Uint16   uint16             `json:"uint16"`
	Uint32   uint32             `json:"uint32"`
	Float32  float32            `json:"float32"`
	Float64  float64            `json:"float64,omitempty"`
	String   string             `json:"string"`
	Named    name               `json:"named,omitempty"`
	Quoted   bool               `json:"quoted,string" wcm:"write"`
	Bytes    []byte             `json:"bytes"`
	Strings  []string           `json:"strings,omitempty"`
	Names    []name             `json:"names"`
	Struct   inner              `json:"struct"`
	Zero     inner              `json:"zero,omitzero"`
	Pointer  *inner             `json:"pointer"`
	Optional *string            `json:"optional,omitempty"`
	List     []inner            `json:"list"`
	Pointers []*inner           `json:"pointers,omitempty"`
	Lists    [][]int32          `json:"lists,omitempty"`
	Map      map[string]string  `json:"map"`
	Numbers  map[string]float64 `json:"numbers,omitempty"`
	Structs  map[name]inner     `json:"structs"`
	Untagged int
	Skipped  int `json:"-"`
	hidden   int
}

func planOf[T any](t testing.TB) *plan.Plan {
	t.Helper()
	p, err := plan.Project(reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// decode turns JSON into a record, and the record into a Go value.
func decode[T any](t testing.TB, text string) T {
	t.Helper()
	p := planOf[T](t)
	body, err := recordjson.BodyFromJSON(p.Shape(), []byte(text))
	if err != nil {
		t.Fatalf("BodyFromJSON(%s): %v", text, err)
	}
	var v T
	if err := p.Decode(string(body), unsafe.Pointer(&v)); err != nil {
		t.Fatalf("Decode(%x): %v", body, err)
	}
	return v
}

var full = everything{
	base: base{Inherited: "i"}, Bool: true, Int: -5, Int8: -128, Int16: 300, Int32: math.MinInt32, Int64: math.MaxInt64,
	Uint: 7, Uint8: 255, Uint16: 65535, Uint32: math.MaxUint32, Float32: 1.5, Float64: 1e-9,
	String: "a\"\\\n\t\x01é\u2028</x>", Named: "n", Quoted: true, Bytes: []byte{0, 1, 255}, Strings: []string{"", "x"},
	Names: []name{"y"}, Struct: inner{A: 1, B: new(bool), C: []string{"c"}, D: map[string]int{"z": 1, "a": 2}},
	Pointer: &inner{}, Optional: new(string), List: []inner{{A: 2}, {}}, Pointers: []*inner{{A: 3}, nil},
	Lists: [][]int32{{1, 2}, {}}, Map: map[string]string{"b": "2", "a": "1"}, Numbers: map[string]float64{"n": 1e21},
	Structs: map[name]inner{"s": {A: 4}}, Untagged: 9, Skipped: 1, hidden: 1,
}

// TestAppendJSONAgrees compares with encoding/json, byte by byte.
func TestAppendJSONAgrees(t *testing.T) {
	values := []any{
		everything{}, full, &full, (*everything)(nil), nil, "x", 3, int64(-4), uint8(5), 2.5, float32(0.1), true,
		[]any{1, "a", nil, map[string]any{"z": []string{}, "a": inner{}}}, map[string]string(nil), []inner(nil),
		map[string]*inner{"a": nil, "b": {}}, "bad \xff utf8 \u2029", 1e300, 123456789.0, 1e20, 1e21, 1e-6, 1e-7, math.Copysign(0, -1),
		struct {
			any  `json:"-"`
			Time any `json:"time,omitempty"`
		}{Time: 4},
	}
	for _, v := range values {
		var want strings.Builder
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(v); err != nil {
			t.Fatalf("encoding/json(%#v): %v", v, err)
		}
		got, err := plan.AppendJSON(nil, v)
		if diff := cmp.Diff(strings.TrimSuffix(want.String(), "\n"), string(got)); diff != "" || err != nil {
			t.Errorf("AppendJSON(%#v): error %v (-want +got):\n%s", v, err, diff)
		}
	}
}

// TestDecodeAgrees compares what a record of JSON decodes to with what
// encoding/json decodes from the JSON.
func TestDecodeAgrees(t *testing.T) {
	empty := full
	empty.Struct.C, empty.List = []string{}, []inner{}
	for _, v := range []everything{{}, full, empty} {
		text, err := plan.AppendJSON(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		got := decode[everything](t, string(text))
		want := everything{}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		want.Quoted, want.Int64 = false, 0 // written, never read
		normalize(&want)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(everything{}), cmp.AllowUnexported(base{})); diff != "" {
			t.Errorf("decode(%s) (-want +got):\n%s", text, diff)
		}
	}
}

// normalize makes empty slices and maps nil: a record does not tell them from
// absent ones.
func normalize(v *everything) {
	for i, list := range v.Lists {
		if len(list) == 0 {
			v.Lists[i] = nil
		}
	}
	if len(v.Struct.C) == 0 {
		v.Struct.C = nil
	}
	if len(v.List) == 0 {
		v.List = nil
	}
}

func init() {
	plan.RegisterSpecial(reflect.TypeFor[raw](), plan.RawText)
	plan.RegisterSpecial(reflect.TypeFor[moment](), plan.Timestamp)
	plan.RegisterSpecial(reflect.TypeFor[microMoment](), plan.MicroTime)
	plan.RegisterSpecial(reflect.TypeFor[intOrString](), plan.NumberOrText)
	plan.RegisterSpecial(reflect.TypeFor[pairs](), plan.Pairs)
	plan.RegisterEmbedding(reflect.TypeFor[meta](), "metadata")
	plan.RegisterEmbedding(reflect.TypeFor[notes](), "metadata")
	plan.RegisterEmbedding(reflect.TypeFor[noted](), "metadata")
}

type (
	raw         string
	moment      struct{ time.Time }
	microMoment struct{ time.Time }
	intOrString struct {
		Kind uint8
		Int  int64
		Text string
	}
	pairs []struct{ Key, Value string }
	meta  struct {
		Labels pairs  `json:"labels,omitempty"`
		Name   string `json:"name,omitempty" wcm:"write"`
	}
	notes struct {
		Notes pairs `json:"notes,omitempty"`
	}
	noted struct { // an embedding in an embedding, as sdk.Header is in sdk.Metadata
		meta
		Note string `json:"note,omitempty"`
	}
	object struct {
		meta
		notes
		More struct {
			Cost string `json:"cost,omitempty"`
		} `json:"metadata"`
		When  moment       `json:"when,omitempty"`
		Micro *microMoment `json:"micro,omitempty"`
		Port  intOrString  `json:"port"`
		Ports []struct {
			Port intOrString `json:"port"`
		} `json:"ports,omitempty"`
		Template raw `json:"template,omitempty"`
	}
)

const objectJSON = `{"metadata":{"labels":{"a":"1","b":"2"},"notes":{"n":"3"},"cost":"4","name":"x"},"when":"2026-05-01T10:00:00Z",` +
	`"micro":"2026-05-01T10:00:00.123456Z","port":80,"ports":[{"port":"http"},{}],"template":{"image":"nginx","more":[1, 2]}}`

// TestSpecials checks the special layouts and embedding.
func TestSpecials(t *testing.T) {
	const shape = `{metadata{cost string,labels map<string>,notes map<string>},micro time?,port intOrString,` +
		`ports list<{port intOrString}>,template raw,when time}`
	if got := planOf[object](t).Shape().String(); got != shape {
		t.Errorf("shape:\n got %s\nwant %s", got, shape)
	}
	o := decode[object](t, objectJSON)
	if o.Template != `{"image":"nginx","more":[1, 2]}` || o.Name != "" || o.More.Cost != "4" || len(o.Labels) != 2 || o.Labels[1].Value != "2" {
		t.Errorf("decode(%s) = %+v", objectJSON, o)
	}
	o.Name = "x"
	got, err := plan.AppendJSON(nil, o)
	want := strings.Replace(objectJSON, `{"port":"http"},{}`, `{"port":"http"},{"port":null}`, 1)
	want = strings.Replace(want, `"labels":{"a":"1","b":"2"},"notes":{"n":"3"},"cost":"4","name":"x"`, `"labels":{"a":"1","b":"2"},"name":"x","notes":{"n":"3"},"cost":"4"`, 1)
	if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
		t.Errorf("AppendJSON of what was decoded: error %v (-want +got):\n%s", err, diff)
	}
	if got, err := plan.AppendJSON(nil, object{}); string(got) != `{"metadata":{},"port":null}` || err != nil {
		t.Errorf("AppendJSON(object{}) = %s, %v", got, err)
	}
}

// TestEmbeddingAlone checks that metadata goes where it belongs when it is
// embedded, when a field of that name holds it, and when it is all there is.
func TestEmbeddingAlone(t *testing.T) {
	x := noted{meta: meta{Name: "x", Labels: pairs{{"a", "1"}}}, Note: "n"}
	const want = `{"metadata":{"labels":{"a":"1"},"name":"x","note":"n"}}`
	type field struct {
		Metadata noted `json:"metadata"`
	}
	type embedding struct{ noted }
	for _, v := range []any{x, &x, field{x}, embedding{x}} {
		if got, err := plan.AppendJSON(nil, v); string(got) != want || err != nil {
			t.Errorf("AppendJSON(%T) = %s, %v, want %s", v, got, err, want)
		}
	}
	for _, test := range []struct {
		p    *plan.Plan
		read noted
	}{
		{planOf[noted](t), decode[noted](t, want)},
		{planOf[field](t), decode[field](t, want).Metadata},
		{planOf[embedding](t), decode[embedding](t, want).noted},
	} {
		if got := test.p.Shape().String(); got != "{metadata{labels map<string>,note string}}" {
			t.Errorf("shape %s, want {metadata{labels map<string>,note string}}", got)
		}
		if len(test.read.Labels) != 1 || test.read.Note != "n" {
			t.Errorf("decode(%s) = %+v", want, test.read)
		}
	}
}

// TestDecodeAgain checks that nothing of the value before is left over, and
// that its memory is used again.
func TestDecodeAgain(t *testing.T) {
	p := planOf[object](t)
	records := map[string]string{}
	for _, text := range []string{objectJSON, `{}`, `{"metadata":{"labels":{"z":"9"}},"ports":[{"port":7}]}`} {
		rec, err := recordjson.FromJSON(p.Shape(), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		records[text] = string(rec)
	}
	var again object
	var h plan.Header
	for range 3 {
		for text, rec := range records {
			var fresh object
			if err := p.DecodeRecord(rec, &h, unsafe.Pointer(&fresh), nil); err != nil {
				t.Fatal(err)
			}
			if err := p.DecodeAgain(rec, &h, unsafe.Pointer(&again)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(fresh, again, cmp.AllowUnexported(object{})); diff != "" {
				t.Errorf("DecodeAgain of %s (-fresh +again):\n%s", text, diff)
			}
		}
	}
	rec := records[objectJSON]
	if err := p.DecodeAgain(rec, &h, unsafe.Pointer(&again)); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _ = p.DecodeAgain(rec, &h, unsafe.Pointer(&again)) }); n != 0 {
		t.Errorf("DecodeAgain allocates %v times, want 0", n)
	}
}

// TestSettings checks that an absent value leaves what was there.
func TestSettings(t *testing.T) {
	type settings struct {
		Name  string   `json:"name"`
		Names []string `json:"names"`
		Deep  struct {
			N int `json:"n"`
			M int `json:"m"`
		} `json:"deep"`
	}
	p, err := plan.ProjectSettings(reflect.TypeFor[settings]())
	if err != nil {
		t.Fatal(err)
	}
	body, err := recordjson.BodyFromJSON(p.Shape(), []byte(`{"names":["x"],"deep":{"n":0}}`))
	if err != nil {
		t.Fatal(err)
	}
	defaults := settings{Name: "default", Names: []string{"a", "b"}}
	defaults.Deep.N, defaults.Deep.M = 1, 2
	got, want := defaults, settings{Name: "default", Names: []string{"x"}}
	want.Deep.M = 2
	if err := p.Decode(string(body), unsafe.Pointer(&got)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || defaults.Names[0] != "a" {
		t.Errorf("settings (-want +got):\n%s\nand the defaults are %v", diff, defaults)
	}
}

// TestTypeErrors checks that a type without a plan is named, and why.
func TestTypeErrors(t *testing.T) {
	type list struct {
		Next []list `json:"next"`
	}
	type twice struct {
		meta
		B string `json:"metadata"`
	}
	type channel struct {
		Spec struct {
			C chan int `json:"c"`
		} `json:"spec"`
	}
	type dynamic struct {
		V any `json:"v"`
	}
	type quoted struct {
		N int `json:"n,string"`
	}
	type keys struct {
		M map[int]string `json:"m"`
	}
	tests := []struct {
		t    reflect.Type
		want string
	}{
		{reflect.TypeFor[list](), "field list.Next[] (plan_test.list): the type contains itself; use sdk.Raw for the inner part"},
		{reflect.TypeFor[twice](), "field twice.B: the JSON field metadata is also twice.meta"},
		{reflect.TypeFor[channel](), "field channel.Spec.C (chan int): a value of this type is no JSON"},
		{reflect.TypeFor[dynamic](), "field dynamic.V (interface {}): an interface has no shape; use a struct, or sdk.Raw for the whole subtree"},
		{reflect.TypeFor[keys](), "field keys.M (map[int]string): the keys of a map must be strings"},
		{reflect.TypeFor[quoted](), `field quoted.N: the option string of the json tag is for fields that are tagged wcm:"write"`},
		{reflect.TypeFor[int](), "field int: a projection is a struct"},
	}
	for _, test := range tests {
		_, err := plan.Project(test.t)
		if err == nil || err.Error() != test.want {
			t.Errorf("Project(%s):\n got %v\nwant %s", test.t, err, test.want)
		}
	}
}

// TestValueErrors checks values that JSON cannot hold.
func TestValueErrors(t *testing.T) {
	loop := map[string]any{}
	loop["loop"] = loop
	for _, v := range []any{math.NaN(), math.Inf(1), loop, map[string]any{"c": make(chan int)}, map[int]int{1: 2}} {
		if got, err := plan.AppendJSON(nil, v); err == nil {
			t.Errorf("AppendJSON of a %T = %s, want an error", v, got)
		}
	}
}

// FuzzDecode checks that a decoder takes exactly the bodies that the contract
// allows, whatever the bytes.
func FuzzDecode(f *testing.F) {
	p, err := plan.Project(reflect.TypeFor[object]())
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{objectJSON, `{}`} {
		body, err := recordjson.BodyFromJSON(p.Shape(), []byte(text))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var o object
		got, want := p.Decode(string(body), unsafe.Pointer(&o)), record.CheckBody(body, p.Shape())
		if (got == nil) != (want == nil) {
			t.Errorf("Decode(%x) = %v, CheckBody says %v", body, got, want)
		}
	})
}

// FuzzString compares with encoding/json.
func FuzzString(f *testing.F) {
	f.Add("plain")
	f.Add("a\"\\\x00\x7f\xff\u2028é🙂<>&")
	f.Fuzz(func(t *testing.T, s string) {
		var want strings.Builder
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(s); err != nil {
			t.Fatal(err)
		}
		if got := string(plan.AppendString(nil, s)); got != strings.TrimSuffix(want.String(), "\n") {
			t.Errorf("AppendString(%q) = %s, want %s", s, got, want.String())
		}
	})
}

// TestParseJSON compares with encoding/json.
func TestParseJSON(t *testing.T) {
	for _, v := range []everything{{}, full} {
		text, err := json.MarshalIndent(v, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		var got, want everything
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		if err := plan.ParseJSON(string(text), &got); err != nil {
			t.Fatalf("ParseJSON(%s): %v", text, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(everything{}), cmp.AllowUnexported(base{})); diff != "" {
			t.Errorf("ParseJSON(%s) (-want +got):\n%s", text, diff)
		}
	}
	var o object
	if err := plan.ParseJSON(objectJSON, &o); err != nil {
		t.Fatal(err)
	}
	if again, err := plan.AppendJSON(nil, o); err != nil || !strings.Contains(string(again), `"template":{"image":"nginx","more":[1, 2]}`) || o.Name != "x" || o.Ports[0].Port.Text != "http" || o.When.IsZero() {
		t.Errorf("ParseJSON(%s) = %s, %v", objectJSON, again, err)
	}
}

// TestParseErrors checks text that does not fit, and what is said of it.
func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		``:                     "json: offset 0: expected {",
		`{"a":1}`:              "",
		`{"a":1.5}`:            "json: offset 8: expected an integer",
		`{"a":"1"}`:            "json: offset 5: expected an integer",
		`{"a":1} x`:            "json: offset 8: something behind the value",
		`{"c":["x",]}`:         "json: offset 10: expected \"",
		`{"c":["\q"]}`:         "json: offset 10: an unknown escape in a string",
		`{"b":nil}`:            "json: offset 8: expected a value",
		`{"other":{"x":[1,{}]`: "json: offset 20: expected }",
	} {
		got := ""
		if err := plan.ParseJSON(text, &inner{}); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("ParseJSON(%s) = %q, want %q", text, got, want)
		}
	}
}

// FuzzParseJSON checks that what encoding/json takes is read alike, and that
// nothing else panics.
func FuzzParseJSON(f *testing.F) {
	text, err := json.Marshal(full)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(`{"string":"\ud83d\ude00\ud83dx\/","map":{"a":null},"other":[{},[null,-1e5]],"pointer":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		var got, want inner
		ours, theirs := plan.ParseJSON(text, &got), json.Unmarshal([]byte(text), &want)
		if ours != nil || theirs != nil || strings.ContainsAny(text, "ABCD") || strings.Contains(text, `\u`) || strings.Count(text, `"a"`)+strings.Count(text, `"b"`)+strings.Count(text, `"c"`)+strings.Count(text, `"d"`) > 1 || !utf8.ValidString(text) {
			return // other rules for names in two cases, names given twice, and text that is no UTF-8
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ParseJSON(%q) (-want +got):\n%s", text, diff)
		}
	})
}

// FuzzFields checks that members that are put before the others give an
// object that has both.
func FuzzFields(f *testing.F) {
	f.Add(`{"a":1}`)
	f.Add(" {\n} ")
	f.Fuzz(func(t *testing.T, text string) {
		var members map[string]any
		if json.Unmarshal([]byte(text), &members) != nil || members == nil {
			t.Skip()
		}
		got, err := plan.AppendFields([]byte(`{"kind":"K"`), raw(text))
		if err != nil {
			t.Fatalf("AppendFields(%q): %v", text, err)
		}
		var both map[string]any
		if err := json.Unmarshal(got, &both); err != nil {
			t.Fatalf("AppendFields(%q) = %s: %v", text, got, err)
		}
		if _, has := members["kind"]; has != plan.HasField(raw(text), "kind") && !strings.Contains(text, `\`) {
			t.Errorf("HasField(%q, kind) = %v", text, !has)
		}
		if both["kind"] == nil && members["kind"] == nil || len(both) < len(members) {
			t.Errorf("AppendFields(%q) = %s", text, got)
		}
	})
}

// TestSlabs checks that what is cut from slabs is what is allocated alone, and
// that no value can reach into its neighbour.
func TestSlabs(t *testing.T) {
	p := planOf[object](t)
	slabs := p.NewSlabs()
	var objects [100]object // so many that slabs are used up
	for i := range objects {
		text := fmt.Sprintf(`{"metadata":{"namespace":"default","name":"n%d","labels":{"a":"%d","b":"x"}},"ports":[{"port":%d}]}`, i, i, i)
		rec, err := recordjson.FromJSON(p.Shape(), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var h plan.Header
		var alone object
		if err := p.DecodeRecord(string(rec), &h, unsafe.Pointer(&objects[i]), slabs); err != nil {
			t.Fatal(err)
		}
		if err := p.DecodeRecord(string(rec), &h, unsafe.Pointer(&alone), nil); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprint("n", i); h.Namespace != "default" || h.Name != want {
			t.Errorf("the header of %s is %+v", want, h)
		}
		if diff := cmp.Diff(alone, objects[i], cmp.AllowUnexported(object{})); diff != "" {
			t.Errorf("object %d (-alone +slabs):\n%s", i, diff)
		}
	}
	for i := range objects {
		objects[i].Ports = append(objects[i].Ports, objects[i].Ports[0])
		objects[i].Ports[1].Port.Int = -1
	}
	for i := range objects {
		if got := objects[i].Ports[0].Port.Int; got != int64(i) {
			t.Errorf("port %d after its neighbour has grown is %d", i, got)
		}
	}
}

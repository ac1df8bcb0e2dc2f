// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package record_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

func parse(t testing.TB, text string) record.Shape {
	t.Helper()
	s, err := record.ParseShape(text)
	if err != nil {
		t.Fatalf("ParseShape(%s): %v", text, err)
	}
	return s
}

func TestShapeUnion(t *testing.T) {
	for _, c := range []struct{ reason, a, b, want string }{
		{"disjoint fields are sorted", "{b int}", "{a int}", "{a int,b int}"},
		{"equal fields merge", "{a int}", "{a int}", "{a int}"},
		{"optional in either is optional", "{a int?}", "{a int}", "{a int?}"},
		{"structs merge inside", "{spec{a int}}", "{spec{b int}}", "{spec{a int,b int}}"},
		{"elements merge", "{l list<{a int}>}", "{l list<{b string?}?>}", "{l list<{a int,b string?}?>}"},
		{"kinds that differ stay apart", "{port string}", "{port int}", "{port int,port string}"},
		{"element kinds that differ stay apart", "{l list<int>}", "{l list<string>}", "{l list<int>,l list<string>}"},
		{"one side may be empty", "{}", "{z{y int},a raw}", "{a raw,z{y int}}"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			a, b := parse(t, c.a), parse(t, c.b)
			if got := record.Union(a, b).String(); got != c.want {
				t.Errorf("Union(%s, %s) = %s, want %s", c.a, c.b, got, c.want)
			}
			if got := record.Union(b, a).String(); got != c.want {
				t.Errorf("Union(%s, %s) = %s, want %s: not commutative", c.b, c.a, got, c.want)
			}
			if a.String() != c.a || b.String() != c.b {
				t.Errorf("Union modified its arguments: %s, %s", a, b)
			}
		})
	}
}

// randomShape returns a shape that need not be canonical: fields unsorted,
// names repeated.
func randomShape(r *rand.Rand, depth int) record.Shape {
	s := record.Shape{Kind: record.Kind(1 + r.IntN(int(record.Map))), Optional: r.IntN(3) == 0}
	if depth == 0 && s.Kind >= record.Struct {
		s.Kind = record.String
	}
	switch s.Kind {
	case record.Struct:
		for range r.IntN(4) {
			s.Fields = append(s.Fields, record.Field{Name: string(rune('a' + r.IntN(4))), Shape: randomShape(r, depth-1)})
		}
	case record.List, record.Map:
		e := randomShape(r, depth-1)
		e.Optional = e.Optional || e.Kind == record.Struct
		s.Elem = &e
	}
	return s
}

func randomStruct(r *rand.Rand) record.Shape {
	return record.Shape{Kind: record.Struct, Fields: []record.Field{
		{Name: "a", Shape: randomShape(r, 3)}, {Name: "b", Shape: randomShape(r, 3)}, {Name: "a", Shape: randomShape(r, 3)},
	}}
}

func TestShapeUnionProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		a, b, c := randomStruct(r), randomStruct(r), randomStruct(r)
		ab := record.Union(a, b)
		if err := ab.Validate(); err != nil {
			t.Fatalf("Union(%s, %s) = %s is not canonical: %v", a, b, ab, err)
		}
		for _, law := range []struct {
			name      string
			got, want record.Shape
		}{
			{"commutative", record.Union(b, a), ab},
			{"associative", record.Union(ab, c), record.Union(a, record.Union(b, c))},
			{"idempotent", record.Union(ab, ab), ab},
			{"absorbing", record.Union(ab, a), ab},
			{"of canonical shapes the same", record.Union(a.Canonical(), b.Canonical()), ab},
		} {
			if diff := cmp.Diff(law.want, law.got); diff != "" {
				t.Fatalf("Union is not %s for\na %s\nb %s\nc %s\n-want +got\n%s", law.name, a, b, c, diff)
			}
		}
		if got := parse(t, ab.String()); !cmp.Equal(got, ab) {
			t.Fatalf("ParseShape(%s) = %s", ab, got)
		}
	}
}

func TestShapeValidate(t *testing.T) {
	deep := strings.Repeat("list<", 31) + "int" + strings.Repeat(">", 31)
	for _, c := range []struct{ reason, shape, want string }{
		{"the smallest", "{}", ""},
		{"every kind", "{a bool,b bytes,c float,d int,e intOrString,f list<raw>,g map<time?>,h string,i{}}", ""},
		{"not a struct", "int", "shape: must be a struct that is not optional"},
		{"optional", "{a int}?", "shape: must be a struct that is not optional"},
		{"fields out of order", "{spec{b int,a int}}", "shape: field spec.a: not in canonical order"},
		{"a field twice", "{a int,a int?}", "shape: field a: not in canonical order"},
		{"elements of nothing", "{l list<{x{}}>}", "shape: field l: the elements of a list must take bytes: name a field of them or make them optional"},
		{"optional elements of nothing", "{l list<{}?>,m map<{}>}", ""},
		{"a field without name", `{a{"" int}}`, "shape: field a: has a field without name"},
		{"inside an element", "{l list<{b int,a int}>}", "shape: field l[].a: not in canonical order"},
		{"31 levels of list", "{a " + deep[5:len(deep)-1] + "}", ""},
	} {
		t.Run(c.reason, func(t *testing.T) {
			s := parse(t, c.shape)
			got := ""
			if err := s.Validate(); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("Validate(%s) = %q, want %q", c.shape, got, c.want)
			}
		})
	}
	for _, c := range []struct {
		reason string
		field  record.Shape
		want   string
	}{
		{"no kind", record.Shape{}, "shape: field f: unknown kind"},
		{"a kind of the future", record.Shape{Kind: 12}, "shape: field f: unknown kind"},
		{"a list without element", record.Shape{Kind: record.List}, "shape: field f: exactly lists and maps have an element shape"},
		{"an int with fields", record.Shape{Kind: record.Int, Fields: []record.Field{{Name: "a"}}}, "shape: field f: only structs have fields"},
	} {
		s := record.Shape{Kind: record.Struct, Fields: []record.Field{{Name: "f", Shape: c.field}}}
		if err := s.Validate(); err == nil || err.Error() != c.want {
			t.Errorf("%s: Validate = %v, want %q", c.reason, err, c.want)
		}
	}
}

func TestShapeNestedTooDeeply(t *testing.T) {
	s := record.Shape{Kind: record.Int}
	for range 32 {
		s = record.Shape{Kind: record.Struct, Fields: []record.Field{{Name: "f", Shape: s}}}
	}
	if err := s.Validate(); err == nil || !strings.HasSuffix(err.Error(), "nested too deeply") {
		t.Errorf("Validate of 33 levels = %v, want an error", err)
	}
	if err := s.Fields[0].Validate(); err != nil {
		t.Errorf("Validate of 32 levels = %v, want nil", err)
	}
}

// The strings and hashes of this test are part of the contract: a change of
// one is another ABI.
func TestShapeStringAndHash(t *testing.T) {
	for _, c := range []struct {
		text string
		hash uint64
	}{
		{"{}", 0x08f44b07b5901a25},
		{"{spec{nodeName string},status{phase string?}}", 0x0d36bba2371a228d},
		{`{"a int,b" int,plain/name.x list<map<raw?>>?}`, 0x177a597cd0c4a508},
	} {
		s := parse(t, c.text)
		if got := s.String(); got != c.text {
			t.Errorf("String of the shape %s = %s", c.text, got)
		}
		if got := s.Hash(); got != c.hash {
			t.Errorf("Hash of the shape %s = %#016x, want %#016x", c.text, got, c.hash)
		}
	}
}

func TestParseShapeErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `shape: not understood from ""`},
		{"{a}", `shape: not understood from "}"`},
		{"{a int b int}", `shape: not understood from " b int}"`},
		{"{a number}", `shape: not understood from "number}"`},
		{"{a list}", `shape: not understood from "}"`},
		{"{a list<int}", `shape: not understood from "}"`},
		{"{a int}}", `shape: not understood from "}"`},
		{`{"a`, `shape: not understood from "\"a"`},
	} {
		if _, err := record.ParseShape(c.text); err == nil || err.Error() != c.want {
			t.Errorf("ParseShape(%s) = %v, want %s", c.text, err, c.want)
		}
	}
}

func TestKindString(t *testing.T) {
	if got := record.Kind(12).String(); got != "unknown" {
		t.Errorf("Kind(12).String() = %q, want unknown", got)
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// template is a template in the API server's words.
func template(metadata, spec string) *Template {
	t := &Template{Spec: sdk.Raw(spec)}
	if metadata != "" {
		if err := sdk.Raw(metadata).Decode(&t.Metadata); err != nil {
			panic(err) // a test's own text
		}
	}
	return t
}

func TestSame(t *testing.T) {
	const labels, spec = `{"labels":{"app":"web"}}`, `{"containers":[{"name":"c","image":"web:1","args":["a","b"]}],"restartPolicy":"Always"}`
	tests := map[string]struct {
		reason string
		a, b   *Template
		want   bool
	}{
		"Same":          {"equal", template(labels, spec), template(labels, spec), true},
		"Hash":          {"the hash of one does not count", template(labels, spec), template(`{"labels":{"app":"web","pod-template-hash":"1"}}`, spec), true},
		"OtherHash":     {"nor do two that differ", template(`{"labels":{"pod-template-hash":"2","app":"web"}}`, spec), template(`{"labels":{"app":"web","pod-template-hash":"1"}}`, spec), true},
		"OnlyHash":      {"labels of nothing but the hash are none", template(`{}`, spec), template(`{"labels":{"pod-template-hash":"1"}}`, spec), true},
		"NoMetadata":    {"no metadata is metadata of nothing", template("", spec), template(`{"creationTimestamp":null}`, spec), true},
		"Label":         {"another label", template(labels, spec), template(`{"labels":{"app":"db"}}`, spec), false},
		"MoreLabels":    {"one label more", template(labels, spec), template(`{"labels":{"app":"web","x":"y"}}`, spec), false},
		"Annotation":    {"an annotation", template(labels, spec), template(`{"labels":{"app":"web"},"annotations":{"x":"y"}}`, spec), false},
		"Annotations":   {"in another order", template(`{"annotations":{"x":"1","y":"2"}}`, spec), template(`{"annotations":{"y":"2","x":"1"}}`, spec), true},
		"Finalizer":     {"pods get it", template(`{"finalizers":["a/b"]}`, spec), template(`{}`, spec), false},
		"Name":          {"no pod gets it", template(`{"name":"x"}`, spec), template(`{}`, spec), true},
		"Order":         {"the order of members is nobody's business", template(labels, `{"a":1,"b":{"c":2,"d":3}}`), template(labels, `{"b":{"d":3,"c":2},"a":1}`), true},
		"Null":          {"null, an empty list and nothing are one", template(labels, `{"a":null,"b":[]}`), template(labels, `{}`), true},
		"EmptyObject":   {"an empty object is something: emptyDir", template(labels, `{"emptyDir":{}}`), template(labels, `{}`), false},
		"Image":         {"something deep inside", template(labels, spec), template(labels, strings.Replace(spec, "web:1", "web:2", 1)), false},
		"ListOrder":     {"lists have an order", template(labels, spec), template(labels, strings.Replace(spec, `"a","b"`, `"b","a"`, 1)), false},
		"ListLength":    {"and a length", template(labels, spec), template(labels, strings.Replace(spec, `"a","b"`, `"a"`, 1)), false},
		"Escapes":       {"a character is itself, however it is written", template(labels, `{"a":"<\u00e9"}`), template(labels, `{"a":"\u003cé"}`), true},
		"Kind":          {"a number is no text", template(labels, `{"a":1}`), template(labels, `{"a":"1"}`), false},
		"FalseIsFalse":  {"false is something", template(labels, `{"a":false}`), template(labels, `{}`), false},
		"NumbersAsThey": {"numbers that are written alike", template(labels, `{"a":2.50}`), template(labels, `{"a":2.50}`), true},
		"NumbersDiffer": {"numbers that differ", template(labels, `{"a":2}`), template(labels, `{"a":3}`), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.a.same(tt.b); got != tt.want {
				t.Errorf("%s: same(%s, %s) = %t, want %t", tt.reason, tt.a, tt.b, got, tt.want)
			}
			if got := tt.b.same(tt.a); got != tt.want {
				t.Errorf("%s: the other way round: %t, want %t", tt.reason, got, tt.want)
			}
		})
	}
}

// TestHash holds what depends on the hash: the same creation has the same
// name, another template and a collision another one.
func TestHash(t *testing.T) {
	a := template(`{"labels":{"app":"web"}}`, `{"a":1}`)
	seen := map[string]string{}
	for name, hash := range map[string]string{
		"once":         a.hash(nil),
		"collision 1":  a.hash(sdk.Ptr[int32](1)),
		"collision 2":  a.hash(sdk.Ptr[int32](2)),
		"another spec": template(`{"labels":{"app":"web"}}`, `{"a":2}`).hash(nil),
		"another name": template(`{"labels":{"app":"db"}}`, `{"a":1}`).hash(nil),
	} {
		if other := seen[hash]; other != "" {
			t.Errorf("%s and %s have the hash %s", name, other, hash)
		}
		seen[hash] = name
		if strings.Trim(hash, safeLetters) != "" || len(hash) > 10 {
			t.Errorf("hash %q: want at most 10 of %s", hash, safeLetters)
		}
	}
	if labeled := a.withHash("x"); labeled.hash(nil) != a.hash(nil) {
		t.Error("the hash changes with the label")
	}
}

func TestReplicaSetName(t *testing.T) {
	if got := replicaSetName("web", "abc"); got != "web-abc" {
		t.Errorf("replicaSetName(web, abc) = %s, want web-abc", got)
	}
	if got := replicaSetName(strings.Repeat("d", 253), "abcdefgh"); len(got) != 253 || !strings.HasSuffix(got, "d-abcdefgh") {
		t.Errorf("name for a long Deployment: got %d bytes that end in %s, want 253 with the whole hash", len(got), got[len(got)-12:])
	}
}

func TestFamilyOf(t *testing.T) {
	one, two := template(`{"labels":{"app":"web"}}`, `{"a":1}`), template(`{"labels":{"app":"web"}}`, `{"a":2}`)
	from := func(t *Template) func(*ReplicaSet) {
		return func(rs *ReplicaSet) { rs.Spec.Template = t.withHash("x" + rs.Name) }
	}
	d := deployment(1, 1, 0)
	d.Spec.Template = *two
	f := familyOf(d, []*ReplicaSet{sized("d", 1, from(two)), sized("c", 1, from(one)), sized("b", 1, from(two)), sized("a", 1, from(one))})
	if f.current == nil || f.current.Name != "b" {
		t.Errorf("current: got %v, want b, the oldest of the template", f.current)
	}
	var old []string
	for _, rs := range f.old {
		old = append(old, rs.Name)
	}
	if got := strings.Join(old, " "); got != "a c d" {
		t.Errorf("old: got %s, want a c d, oldest first", got)
	}
	if f := familyOf(d, []*ReplicaSet{sized("a", 1, from(one))}); f.current != nil || len(f.all()) != 1 {
		t.Errorf("without one of the template: got current %v and %d, want none of 1", f.current, len(f.all()))
	}
}

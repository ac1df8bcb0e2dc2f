// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
)

// newPath reads the field as the shape itself has it.
func newPath(s *record.Shape, path string) (*project.Path, error) {
	as, _ := project.FieldAt(s, path)
	return project.NewPath(s, path, as)
}

func TestPath(t *testing.T) {
	type want struct {
		text string
		ok   bool
	}
	const everything = `{"bool":true,"bytes":"aGk=","float":1.5,"int":-3,"ios":"80%","oIos":7,"text":"x","time":"2024-02-29T13:00:00+01:00","map":{"a":"1","a.b/c":"2"},"obj":{"a":1,"b":""},"oObj":{"a":2}}`
	tests := map[string]struct {
		reason, path, object string
		want                 want
	}{
		"String":       {"text as it is", "text", everything, want{"x", true}},
		"Bool":         {"true or false", "bool", everything, want{"true", true}},
		"Int":          {"decimal digits", "int", everything, want{"-3", true}},
		"Float":        {"the shortest text", "float", everything, want{"1.5", true}},
		"Bytes":        {"base64, as in JSON", "bytes", everything, want{"aGk=", true}},
		"Time":         {"in UTC", "time", everything, want{"2024-02-29T12:00:00Z", true}},
		"TextOrInt":    {"the text", "ios", everything, want{"80%", true}},
		"IntOrText":    {"the int", "oIos", everything, want{"7", true}},
		"Nested":       {"behind other fields", "obj.a", everything, want{"1", true}},
		"Empty":        {"present though empty", "obj.b", everything, want{"", true}},
		"InOptional":   {"inside of an optional struct", "oObj.a", everything, want{"2", true}},
		"InAbsent":     {"inside of an absent struct", "oObj.a", `{}`, want{}},
		"Absent":       {"an absent optional value", "obj.b", `{}`, want{}},
		"Zero":         {"a value that is not optional is never absent", "text", `{}`, want{"", true}},
		"NoTime":       {"but a time is", "time", `{}`, want{}},
		"NoIntOrText":  {"and an int or string", "ios", `{}`, want{}},
		"Key":          {"a key of a map", "map.a", everything, want{"1", true}},
		"KeyWithDots":  {"a key with dots and slashes", "map.a.b/c", everything, want{"2", true}},
		"KeyBetween":   {"a key that would stand between two", "map.a.a", everything, want{}},
		"KeyBehindAll": {"a key that would stand last", "map.z", everything, want{}},
		"KeyOfNothing": {"a key of an empty map", "map.a", `{}`, want{}},
	}
	s := shape(t, everyKind)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := newPath(s, tt.path)
			if err != nil {
				t.Fatal(err)
			}
			b := body(t, s, []byte(tt.object))
			text, ok := p.Text(b)
			if got := (want{text, ok}); got != tt.want {
				t.Errorf("%s: Path(%q).Text of %s = %v, want %v", tt.reason, tt.path, tt.object, got, tt.want)
			}
			for n := range b { // a body that is cut off is no reason to read on
				p.Text(b[:n:n])
			}
		})
	}
}

func TestNewPathRefuses(t *testing.T) {
	s := shape(t, "{a{b list<string>,c raw,d map<{x int}>,e map<string>},f int}")
	for _, path := range []string{"", "x", "a", "a.b", "a.c", "a.d.k", "a.e", "f.x", "a.b.c"} {
		if _, err := newPath(s, path); err == nil {
			t.Errorf("NewPath(%s, %q): no error, want one: there is no scalar", s, path)
		}
	}
	_, err := newPath(shape(t, "{f int}"), "g.h")
	if want := "field g.h is not in the shape {f int}, or not of the kind needed"; err == nil || err.Error() != want {
		t.Errorf("NewPath: error %v, want %s", err, want)
	}
}

// TestPathReadsAsTheProjectionHasIt: what other plugins want of the resource
// widens the shape, and changes nothing for the plugin whose projection it is.
func TestPathReadsAsTheProjectionHasIt(t *testing.T) {
	for _, tt := range []struct {
		reason, projection, others, path, object, want string
	}{
		{"alone", "{a{b string}}", "{}", "a.b", `{"a":{"b":"x"}}`, "x"},
		{"around it another kind", "{a{b string}}", "{a raw}", "a.b", `{"a":{"b":"x"}}`, "x"},
		{"a list of its name", "{a{b string}}", "{a{b list<int>}}", "a.b", `{"a":{"b":"x"}}`, "x"},
		{"a scalar of its name", "{a{b string}}", "{a{b int}}", "a.b", `{"a":{"b":"x"}}`, "x"},
		{"the other way round", "{a{b int}}", "{a{b string}}", "a.b", `{"a":{"b":7}}`, "7"},
		{"absent is zero to it", "{a{b int}}", "{a{b int?}}", "a.b", `{}`, "0"},
		{"zero in what is absent", "{a{b int}}", "{a{b int}?}", "a.b", `{}`, "0"},
		{"absent to it", "{a{b int?}}", "{a{b int}}", "a.b", `{}`, "absent"},
		{"in what is absent to it", "{a{b int}?}", "{a{b int}}", "a.b", `{}`, "absent"},
		{"a map of strings", "{a map<string>}", "{a map<int>}", "a.x.y/z", `{"a":{"x.y/z":"1"}}`, "1"},
		{"a map whose keys others name", "{a map<string>}", "{a{x.y/z int}}", "a.x.y/z", `{"a":{"x.y/z":"1"}}`, "1"},
		{"a name with dots", "{a{x.y/z string}}", "{a map<string>}", "a.x.y/z", `{"a":{"x.y/z":"1"}}`, "1"},
		{"no such key", "{a map<string?>}", "{a map<string>}", "a.x", `{"a":{"x":null}}`, "absent"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			projection := shape(t, tt.projection)
			as, ok := project.FieldAt(projection, tt.path)
			if !ok {
				t.Fatalf("FieldAt(%s, %s) finds nothing", projection, tt.path)
			}
			union := record.Union(*projection, *shape(t, tt.others))
			p, err := project.NewPath(&union, tt.path, as)
			if err != nil {
				t.Fatal(err)
			}
			rec, _ := project.NewJSON(&union).Append(nil, []byte(tt.object)) // a mismatch for some
			_, _, _, _, b, err := record.CutHeader(rec)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := p.Text(b)
			if !ok {
				got = "absent"
			}
			if got != tt.want {
				t.Errorf("NewPath(%s, %s, %s).Text of %s = %s, want %s", union, tt.path, as, tt.object, got, tt.want)
			}
		})
	}
}

func TestFieldAt(t *testing.T) {
	s := shape(t, "{a raw,a{b list<int>,b string?,c.d{e int}},m map<{x int}>,o{p{q bool}}?}")
	for path, want := range map[string]string{
		"a": "raw", "a.b": "list<int>", "a.c.d": "{e int}", "a.c.d.e": "int",
		"m": "map<{x int}>", "m.any.key": "{x int}", "o": "{p{q bool}}?", "o.p.q": "bool?",
		"a.c": "", "x": "", "a.b.c": "", "o.p.q.r": "",
	} {
		got, ok := project.FieldAt(s, path)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("FieldAt(%s, %s) = %s, %v, want %q", s, path, got, ok, want)
		}
	}
}

func TestMap(t *testing.T) {
	for _, text := range []string{"{metadata{a int,labels map<string>?}}", "{metadata{labels map<string?>}?}"} {
		s := shape(t, text)
		m, err := project.NewMap(s, project.LabelsPath)
		if err != nil {
			t.Fatal(err)
		}
		b := body(t, s, []byte(`{"metadata":{"labels":{"b":"2","a.b/c":"1","n":null}}}`))
		got := map[string]string{}
		for key, value := range m.Entries(b).All() {
			got[string(key)] = string(value)
		}
		if diff := cmp.Diff(map[string]string{"a.b/c": "1", "b": "2", "n": ""}, got); diff != "" {
			t.Errorf("%s: Entries.All: -want +got\n%s", text, diff)
		}
		if n := m.Entries(b).Len(); n != 3 {
			t.Errorf("%s: Entries.Len = %d, want 3", text, n)
		}
		if v, ok := m.Lookup(b, "b"); string(v) != "2" || !ok {
			t.Errorf("%s: Map.Lookup(b) = %q, %v, want 2", text, v, ok)
		}
		if v, ok := m.Lookup(b, "c"); ok {
			t.Errorf("%s: Map.Lookup(c) = %q, want nothing", text, v)
		}
		if n := m.Entries(body(t, s, []byte(`{}`))).Len(); n != 0 {
			t.Errorf("%s: Entries.Len of an object without labels = %d, want 0", text, n)
		}
	}
	if _, err := project.NewMap(shape(t, "{metadata{labels map<int>}}"), project.LabelsPath); err == nil {
		t.Error("NewMap of a map<int>: no error")
	}
}

func TestOwners(t *testing.T) {
	type owner struct {
		APIVersion, Kind, Name, UID string
		Controller                  bool
	}
	const object = `{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"A","name":"a","uid":"1"},{"apiVersion":"apps/v1","kind":"B","name":"b","uid":"2","controller":true,"blockOwnerDeletion":true}]}}`
	want := []owner{{"v1", "A", "a", "1", false}, {"apps/v1", "B", "b", "2", true}}
	needed := project.OwnersShape()
	for _, s := range []*record.Shape{
		&needed,
		shape(t, podShape),
		shape(t, "{metadata{ownerReferences list<{apiVersion string?,blockOwnerDeletion bool?,controller bool,kind string,name string,uid string}?>?}}"),
	} {
		owners, err := project.NewOwners(s)
		if err != nil {
			t.Fatal(err)
		}
		b := body(t, s, []byte(object))
		var got []owner
		for o := range owners.All(b) {
			got = append(got, owner{string(o.APIVersion), string(o.Kind), string(o.Name), string(o.UID), o.Controller})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Owners(%s).All: -want +got\n%s", s, diff)
		}
		if o, ok := owners.Controller(b); !ok || string(o.UID) != "2" {
			t.Errorf("Owners(%s).Controller = %q, %v, want the owner 2", s, o.UID, ok)
		}
		if o, _ := owners.Controller(b); string(o.Group()) != "apps" {
			t.Errorf("Owner.Group of %s = %q, want apps", o.APIVersion, o.Group())
		}
		if o, ok := owners.Controller(body(t, s, []byte(`{}`))); ok {
			t.Errorf("Owners(%s).Controller of an orphan = %q, want none", s, o.UID)
		}
	}
	if _, err := project.NewOwners(shape(t, "{metadata{ownerReferences list<{kind string,uid string}>}}")); err == nil {
		t.Error("NewOwners of a shape without names: no error")
	}
}

// The forms in which plugins read selectors.
const (
	mapForm      = "{spec{selector map<string>}}"
	pointerForm  = "{spec{selector{matchExpressions list<{key string,operator string,values list<string>}>,matchLabels map<string>}?}}"
	valueForm    = "{spec{selector{matchExpressions list<{key string,operator string,values list<string>}>,matchLabels map<string>}}}"
	labelsForm   = "{spec{selector{matchLabels map<string>}?}}"
	outerForm    = "{spec{selector{matchExpressions list<{key string,operator string,values list<string>}>,matchLabels map<string>}}?}"
	rawForm      = "{spec{selector raw}}"
	allForms     = "{spec raw,spec{selector map<string>?,selector raw,selector{matchExpressions list<{key string,operator string?,values list<string?>?}?>?,matchLabels map<string>?,matchLabels map<int>}?,selector list<int>}?}"
	selectorPath = "spec.selector"
)

func TestSelector(t *testing.T) {
	tests := map[string]struct {
		reason   string
		form     string
		selector string
		want     bool
	}{
		"Map":             {"all labels are there", mapForm, `{"app":"web"}`, true},
		"MapMore":         {"one label is missing", mapForm, `{"app":"web","x":"y"}`, false},
		"MapOther":        {"the value differs", mapForm, `{"app":"db"}`, false},
		"MapEmpty":        {"an empty map takes nothing", mapForm, `{}`, false},
		"MapAbsent":       {"so does an absent one: nobody defaults it here", mapForm, `null`, false},
		"Labels":          {"all labels are there", pointerForm, `{"matchLabels":{"app":"web","tier":"1"}}`, true},
		"LabelsOther":     {"the value differs", pointerForm, `{"matchLabels":{"app":"web","tier":"2"}}`, false},
		"In":              {"one of the values", pointerForm, `{"matchExpressions":[{"key":"app","operator":"In","values":["db","web"]}]}`, true},
		"InOther":         {"none of the values", pointerForm, `{"matchExpressions":[{"key":"app","operator":"In","values":["db"]}]}`, false},
		"InMissing":       {"the key is missing", pointerForm, `{"matchExpressions":[{"key":"x","operator":"In","values":["db",""]}]}`, false},
		"InNothing":       {"invalid: no values", pointerForm, `{"matchExpressions":[{"key":"app","operator":"In"}]}`, false},
		"NotIn":           {"none of the values", pointerForm, `{"matchExpressions":[{"key":"app","operator":"NotIn","values":["db"]}]}`, true},
		"NotInMissing":    {"the key is missing", pointerForm, `{"matchExpressions":[{"key":"x","operator":"NotIn","values":["db",""]}]}`, true},
		"NotInOther":      {"one of the values", pointerForm, `{"matchExpressions":[{"key":"app","operator":"NotIn","values":["web"]}]}`, false},
		"NotInNothing":    {"invalid: no values", pointerForm, `{"matchExpressions":[{"key":"app","operator":"NotIn","values":[]}]}`, false},
		"Exists":          {"the key is there", pointerForm, `{"matchExpressions":[{"key":"app","operator":"Exists"}]}`, true},
		"ExistsMissing":   {"the key is missing", pointerForm, `{"matchExpressions":[{"key":"x","operator":"Exists"}]}`, false},
		"ExistsValues":    {"invalid: values", pointerForm, `{"matchExpressions":[{"key":"app","operator":"Exists","values":["web"]}]}`, false},
		"DoesNotExist":    {"the key is missing", pointerForm, `{"matchExpressions":[{"key":"x","operator":"DoesNotExist"}]}`, true},
		"DoesExist":       {"the key is there", pointerForm, `{"matchExpressions":[{"key":"app","operator":"DoesNotExist"}]}`, false},
		"Both":            {"labels and expressions are required", pointerForm, `{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"DoesNotExist"}]}`, false},
		"BothLabels":      {"labels as well", pointerForm, `{"matchLabels":{"app":"db"},"matchExpressions":[{"key":"tier","operator":"Exists"}]}`, false},
		"Expressions":     {"each of them", pointerForm, `{"matchExpressions":[{"key":"app","operator":"Exists"},{"key":"tier","operator":"In","values":["2"]}]}`, false},
		"Unknown":         {"an unknown operator takes nothing", pointerForm, `{"matchExpressions":[{"key":"app","operator":"Gt","values":["1"]}]}`, false},
		"SelectorEmpty":   {"an empty selector takes everything", pointerForm, `{}`, true},
		"SelectorAbsent":  {"an absent one nothing", pointerForm, `null`, false},
		"ValueLabels":     {"labels count", valueForm, `{"matchLabels":{"app":"db"}}`, false},
		"ValueEmpty":      {"an empty selector takes everything", valueForm, `{}`, true},
		"ValueAbsent":     {"to whom it is never absent, absent is empty", valueForm, `null`, true},
		"OuterAbsent":     {"what is around it is absent", outerForm, ``, false},
		"ValueOuter":      {"is empty as well", valueForm, ``, true},
		"LabelsOnly":      {"a plugin that reads labels only is woken by them", labelsForm, `{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"app","operator":"DoesNotExist"}]}`, true},
		"LabelsOnlyOther": {"the value differs", labelsForm, `{"matchLabels":{"app":"db"}}`, false},
		"RawMap":          {"raw: a map", rawForm, `{"app":"web"}`, true},
		"RawMapOther":     {"raw: the value differs", rawForm, `{"app": "x", "tier": "1"}`, false},
		"RawSelector":     {"raw: a selector", rawForm, `{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"Exists"}]}`, true},
		"RawOther":        {"raw: a selector that does not match", rawForm, `{"matchLabels":{"app":"x"}}`, false},
		"RawNotIn":        {"raw: an expression that does not hold", rawForm, `{"matchExpressions":[{"key":"app","operator":"NotIn","values":["web"]}]}`, false},
		"RawEmptyLabels":  {"raw: an empty selector takes everything", rawForm, `{"matchLabels":{}}`, true},
		"RawEmpty":        {"raw: so does what may be one: a wakeup too many is better than one too few", rawForm, `{}`, true},
		"RawAbsent":       {"raw: an absent one nothing", rawForm, `null`, false},
		"RawText":         {"raw: a text is no selector", rawForm, `"app=web"`, false},
	}
	podLabels := project.LabelsShape()
	labels, err := project.NewMap(&podLabels, project.LabelsPath)
	if err != nil {
		t.Fatal(err)
	}
	pod := labels.Entries(body(t, &podLabels, []byte(`{"metadata":{"labels":{"app":"web","tier":"1","empty":""}}}`)))
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			projection := shape(t, tt.form)
			as, _ := project.FieldAt(projection, selectorPath)
			object := `{"spec":{"selector":` + tt.selector + `}}`
			if tt.selector == "" {
				object = `{}`
			}
			union := record.Union(*projection, *shape(t, allForms))
			for _, s := range []*record.Shape{projection, &union} { // other plugins make no difference
				selector, err := project.NewSelector(s, selectorPath, as)
				if err != nil {
					t.Fatal(err)
				}
				rec, _ := project.NewJSON(s).Append(nil, []byte(object)) // a mismatch for some forms
				_, _, _, _, b, err := record.CutHeader(rec)
				if err != nil {
					t.Fatal(err)
				}
				if got := selector.Matches(b, pod); got != tt.want {
					t.Errorf("%s: Selector(%s).Matches in %s = %v, want %v", tt.reason, tt.selector, s, got, tt.want)
				}
				for n := range b {
					selector.Matches(b[:n:n], pod)
				}
			}
		})
	}
}

func TestNewSelectorRefuses(t *testing.T) {
	s := shape(t, "{a int,b map<int>,c list<string>,d{x string},e{matchLabels map<int>},f{matchExpressions list<{key string}>},g{h map<string>}}")
	for _, path := range []string{"", "a", "b", "c", "d", "e", "f", "g", "g.h.i", "none"} {
		as, _ := project.FieldAt(s, path)
		if _, err := project.NewSelector(s, path, as); err == nil {
			t.Errorf("NewSelector(%s, %q): no error, want one: that is no selector", s, path)
		}
	}
	as, _ := project.FieldAt(shape(t, mapForm), selectorPath)
	if _, err := project.NewSelector(shape(t, rawForm), selectorPath, as); err == nil {
		t.Error("NewSelector of a map where there is raw JSON: no error")
	}
}

func TestNeededShapesAreValid(t *testing.T) {
	for want, s := range map[string]record.Shape{
		"{metadata{labels map<string>}}": project.LabelsShape(),
		"{metadata{ownerReferences list<{apiVersion string,controller bool,kind string,name string,uid string}>}}": project.OwnersShape(),
		"{spec{nodeName string}}":             project.FieldShape("spec.nodeName"),
		"{metadata{annotations map<string>}}": project.FieldShape("metadata.annotations.example.com/key"),
	} {
		if s.String() != want {
			t.Errorf("shape %s, want %s", s, want)
		}
		if err := s.Validate(); err != nil {
			t.Errorf("shape %s: %v", s, err)
		}
	}
}

// TestAccessorsDoNotAllocate holds what the store's event path relies on.
func TestAccessorsDoNotAllocate(t *testing.T) {
	s := shape(t, podShape)
	b := body(t, s, samplePod)
	path, errPath := newPath(s, "spec.nodeName")
	labels, errMap := project.NewMap(s, project.LabelsPath)
	owners, errOwners := project.NewOwners(s)
	part := shape(t, "{metadata{labels map<string>,name string},status{phase string}}")
	transcoder, errTranscoder := project.NewTranscoder(s, part)
	withSelector := shape(t, pointerForm)
	as, _ := project.FieldAt(withSelector, selectorPath)
	selector, errSelector := project.NewSelector(withSelector, selectorPath, as)
	longKey := strings.Repeat("k", 99)
	const long = "example.com/a-key-that-is-longer-than-what-fits-on-the-stack"
	replicaSet := body(t, withSelector, []byte(`{"spec":{"selector":{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"`+long+`","operator":"DoesNotExist"}]}}}`))
	if errSelector != nil {
		t.Fatal(errSelector)
	}
	if errPath != nil || errMap != nil || errOwners != nil || errTranscoder != nil {
		t.Fatal(errPath, errMap, errOwners, errTranscoder)
	}
	var buffer [512]byte
	for name, f := range map[string]func() bool{
		"Path.AppendText":          func() bool { _, ok := path.AppendText(buffer[:0], b); return ok },
		"Map.Lookup":               func() bool { _, ok := labels.Lookup(b, "app"); return ok },
		"Map.Lookup of a long key": func() bool { _, ok := labels.Lookup(b, longKey); return !ok },
		"Selector.Matches":         func() bool { return selector.Matches(replicaSet, labels.Entries(b)) },
		"Owners.Controller":        func() bool { _, ok := owners.Controller(b); return ok },
		"Transcoder.Append":        func() bool { return len(transcoder.Append(buffer[:0], b)) > 0 },
		"Entries.All": func() bool {
			n := 0
			for range labels.Entries(b).All() {
				n++
			}
			return n == 2
		},
	} {
		if !f() {
			t.Errorf("%s finds nothing", name)
		}
		if n := testing.AllocsPerRun(100, func() { f() }); n != 0 {
			t.Errorf("%s allocates %v times, want 0", name, n)
		}
	}
}

func TestCount(t *testing.T) {
	layout := shape(t, "{a int,b{c list<{x string,y int}>,d map<string>,e string}?}")
	for _, c := range []struct {
		path, object string
		want         int
	}{
		{"b.c", `{"a":7,"b":{"c":[{"x":"1"},{},{"y":3}]}}`, 3},
		{"b.c", `{"b":{"c":[],"d":{"k":"v"}}}`, 0},
		{"b.c", `{}`, 0},
		{"b.d", `{"b":{"c":[{"x":"1"}],"d":{"k":"v","l":""}}}`, 2},
		{"b.d", `{"b":{"e":"x"}}`, 0},
	} {
		as, _ := project.FieldAt(layout, c.path)
		count, err := project.NewCount(layout, c.path, as)
		if err != nil {
			t.Fatal(err)
		}
		if got := count.Of(body(t, layout, []byte(c.object))); got != c.want {
			t.Errorf("count of %s in %s = %d, want %d", c.path, c.object, got, c.want)
		}
		if got := count.Of(nil); got != 0 {
			t.Errorf("count of %s in nothing = %d, want 0", c.path, got)
		}
	}
	for _, path := range []string{"", "a", "b", "b.e", "b.d.k", "x"} {
		as, _ := project.FieldAt(layout, path)
		if _, err := project.NewCount(layout, path, as); err == nil {
			t.Errorf("a count of %q is no error", path)
		}
	}
}

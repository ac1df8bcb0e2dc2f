// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
)

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
			p, err := project.NewPath(s, tt.path)
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
		if _, err := project.NewPath(s, path); err == nil {
			t.Errorf("NewPath(%s, %q): no error, want one: there is no scalar", s, path)
		}
	}
	_, err := project.NewPath(shape(t, "{f int}"), "g.h")
	if want := "field g.h is not in the shape {f int}, or not of the kind needed"; err == nil || err.Error() != want {
		t.Errorf("NewPath: error %v, want %s", err, want)
	}
}

func TestPathTakesTheFieldOfItsKind(t *testing.T) {
	s := shape(t, "{a raw,a{b list<int>,b string}}")
	p, err := project.NewPath(s, "a.b")
	if err != nil {
		t.Fatal(err)
	}
	rec, _ := project.NewJSON(s).Append(nil, []byte(`{"a":{"b":"x"}}`)) // a mismatch: b is no list
	_, _, _, _, b, err := record.CutHeader(rec)
	if text, ok := p.Text(b); err != nil || text != "x" || !ok {
		t.Errorf("Path.Text = %q, %v, %v, want x", text, ok, err)
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
		if o, ok := owners.Controller(body(t, s, []byte(`{}`))); ok {
			t.Errorf("Owners(%s).Controller of an orphan = %q, want none", s, o.UID)
		}
	}
	if _, err := project.NewOwners(shape(t, "{metadata{ownerReferences list<{kind string,uid string}>}}")); err == nil {
		t.Error("NewOwners of a shape without names: no error")
	}
}

func TestSelector(t *testing.T) {
	selectorOf := func(t *testing.T, typ reflect.Type) *record.Shape {
		s, err := project.SelectorShape("spec.selector", typ)
		if err != nil {
			t.Fatal(err)
		}
		return &s
	}
	service, replicaSet := reflect.TypeFor[corev1.Service](), reflect.TypeFor[appsv1.ReplicaSet]()
	tests := map[string]struct {
		reason   string
		typ      reflect.Type
		selector string
		want     bool
	}{
		"Map":            {"all labels are there", service, `{"app":"web"}`, true},
		"MapMore":        {"one label is missing", service, `{"app":"web","x":"y"}`, false},
		"MapOther":       {"the value differs", service, `{"app":"db"}`, false},
		"MapEmpty":       {"an empty map takes nothing", service, `{}`, false},
		"MapAbsent":      {"so does an absent one", service, `null`, false},
		"Labels":         {"all labels are there", replicaSet, `{"matchLabels":{"app":"web","tier":"1"}}`, true},
		"LabelsOther":    {"the value differs", replicaSet, `{"matchLabels":{"app":"web","tier":"2"}}`, false},
		"In":             {"one of the values", replicaSet, `{"matchExpressions":[{"key":"app","operator":"In","values":["db","web"]}]}`, true},
		"InMissing":      {"the key is missing", replicaSet, `{"matchExpressions":[{"key":"x","operator":"In","values":["db",""]}]}`, false},
		"NotIn":          {"none of the values", replicaSet, `{"matchExpressions":[{"key":"app","operator":"NotIn","values":["db"]}]}`, true},
		"NotInMissing":   {"the key is missing", replicaSet, `{"matchExpressions":[{"key":"x","operator":"NotIn","values":["db"]}]}`, true},
		"NotInOther":     {"one of the values", replicaSet, `{"matchExpressions":[{"key":"app","operator":"NotIn","values":["web"]}]}`, false},
		"Exists":         {"the key is there", replicaSet, `{"matchExpressions":[{"key":"app","operator":"Exists"}]}`, true},
		"DoesNotExist":   {"the key is there", replicaSet, `{"matchExpressions":[{"key":"app","operator":"DoesNotExist"}]}`, false},
		"Both":           {"labels and expressions are required", replicaSet, `{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"DoesNotExist"}]}`, false},
		"Unknown":        {"an unknown operator takes nothing", replicaSet, `{"matchExpressions":[{"key":"app","operator":"Gt","values":["1"]}]}`, false},
		"SelectorEmpty":  {"an empty selector takes everything", replicaSet, `{}`, true},
		"SelectorAbsent": {"an absent one nothing", replicaSet, `null`, false},
		"RawMap":         {"raw: a map", nil, `{"app":"web"}`, true},
		"RawMapOther":    {"raw: the value differs", nil, `{"app": "x", "tier": "1"}`, false},
		"RawSelector":    {"raw: a selector", nil, `{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"Exists"}]}`, true},
		"RawOther":       {"raw: a selector that does not match", nil, `{"matchLabels":{"app":"x"}}`, false},
		"RawEmpty":       {"raw: an empty selector takes everything", nil, `{"matchLabels":{}}`, true},
		"RawAbsent":      {"raw: an absent one nothing", nil, `null`, false},
		"RawText":        {"raw: a text is no selector", nil, `"app=web"`, false},
	}
	podLabels := project.LabelsShape()
	labels, err := project.NewMap(&podLabels, project.LabelsPath)
	if err != nil {
		t.Fatal(err)
	}
	pod := labels.Entries(body(t, &podLabels, []byte(`{"metadata":{"labels":{"app":"web","tier":"1","empty":""}}}`)))
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := selectorOf(t, tt.typ)
			selector, err := project.NewSelector(s, "spec.selector")
			if err != nil {
				t.Fatal(err)
			}
			b := body(t, s, []byte(`{"spec":{"selector":`+tt.selector+`}}`))
			if got := selector.Matches(b, pod); got != tt.want {
				t.Errorf("%s: Selector(%s).Matches = %v, want %v", tt.reason, tt.selector, got, tt.want)
			}
			for n := range b {
				selector.Matches(b[:n:n], pod)
			}
		})
	}
}

func TestSelectorWithoutPresence(t *testing.T) {
	s := shape(t, "{spec{selector{matchExpressions list<{key string,operator string,values list<string>}>,matchLabels map<string>}}}")
	selector, err := project.NewSelector(s, "spec.selector")
	if err != nil {
		t.Fatal(err)
	}
	if selector.Matches(body(t, s, []byte(`{"spec":{"selector":{}}}`)), project.Entries{}) {
		t.Error("Selector.Matches of an empty selector that may be absent = true, want false")
	}
}

func TestSelectorShapeRefuses(t *testing.T) {
	for path, want := range map[string]string{
		"spec.selectr":  "field spec.selectr: v1.ServiceSpec has no field selectr",
		"spec.ports":    "field spec.ports of v1.Service is no label selector but []v1.ServicePort",
		"spec.ports.x":  "field spec.ports.x: []v1.ServicePort has no field x",
		"spec.type":     "field spec.type of v1.Service is no label selector but v1.ServiceType",
		"status.x.y.zz": "field status.x.y.zz: v1.ServiceStatus has no field x",
	} {
		if _, err := project.SelectorShape(path, reflect.TypeFor[corev1.Service]()); err == nil || err.Error() != want {
			t.Errorf("SelectorShape(%q): error %v, want %s", path, err, want)
		}
	}
}

func TestNeededShapesAreValid(t *testing.T) {
	selector, err := project.SelectorShape("spec.selector", reflect.TypeFor[appsv1.ReplicaSet]())
	if err != nil {
		t.Fatal(err)
	}
	for want, s := range map[string]record.Shape{
		"{metadata{labels map<string>}}": project.LabelsShape(),
		"{metadata{ownerReferences list<{apiVersion string,controller bool,kind string,name string,uid string}>}}": project.OwnersShape(),
		"{spec{nodeName string}}":             project.FieldShape("spec.nodeName", record.String),
		"{metadata{annotations map<string>}}": project.FieldShape("metadata.annotations.example.com/key", record.String),
		"{spec{selector{matchExpressions list<{key string,operator string,values list<string>}>,matchLabels map<string>}?}}": selector,
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
	path, errPath := project.NewPath(s, "spec.nodeName")
	labels, errMap := project.NewMap(s, project.LabelsPath)
	owners, errOwners := project.NewOwners(s)
	part := shape(t, "{metadata{labels map<string>,name string},status{phase string}}")
	transcoder, errTranscoder := project.NewTranscoder(s, part)
	if errPath != nil || errMap != nil || errOwners != nil || errTranscoder != nil {
		t.Fatal(errPath, errMap, errOwners, errTranscoder)
	}
	var buffer [512]byte
	for name, f := range map[string]func() bool{
		"Path.AppendText":   func() bool { _, ok := path.AppendText(buffer[:0], b); return ok },
		"Map.Lookup":        func() bool { _, ok := labels.Lookup(b, "app"); return ok },
		"Owners.Controller": func() bool { _, ok := owners.Controller(b); return ok },
		"Transcoder.Append": func() bool { return len(transcoder.Append(buffer[:0], b)) > 0 },
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

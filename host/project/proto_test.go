// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
)

// message is what the generated code of every API type has.
type message interface {
	Marshal() ([]byte, error)
	Unmarshal(data []byte) error
}

func marshal(t testing.TB, object any) []byte {
	t.Helper()
	data, err := object.(message).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// resources returns the types of all objects that client-go knows.
func resources() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for kind, t := range scheme.Scheme.AllKnownTypes() {
		object := reflect.New(t).Interface()
		_, isMessage := object.(message)
		_, isObject := object.(metav1.Object)
		if isMessage && isObject && kind.Version != "__internal" {
			types[kind.Group+"/"+kind.Version+"/"+kind.Kind] = t
		}
	}
	return types
}

// TestProtoAgreesWithJSON fills objects of every type with random values and
// reads them both ways with random shapes.
func TestProtoAgreesWithJSON(t *testing.T) {
	types := resources()
	if len(types) < 100 {
		t.Fatalf("client-go knows %d types, want more than 100", len(types))
	}
	random := rand.New(rand.NewPCG(5, 6))
	for _, name := range slices.Sorted(maps.Keys(types)) {
		for range 10 {
			checkProto(t, name, types[name], random)
		}
	}
}

func checkProto(t *testing.T, name string, typ reflect.Type, random *rand.Rand) {
	t.Helper()
	object := reflect.New(typ)
	fill(object.Elem(), random, 9)
	data := marshal(t, object.Interface())
	// The server's objects come out of protobuf, where nil and empty are one.
	object = reflect.New(typ)
	if err := object.Interface().(message).Unmarshal(data); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(object.Interface())
	if err != nil {
		t.Fatal(err)
	}
	s := record.Shape{Kind: record.Struct, Fields: randomFields(typ, random, 9)}.Canonical()
	want, err := project.NewJSON(&s).Append(nil, text)
	var odd *record.MismatchError // a resource version that is no number
	if err != nil && !errors.As(err, &odd) {
		t.Fatalf("%s: JSON.Append(%s, %s): %v", name, s, text, err)
	}
	p, err := project.NewProto(&s, typ)
	if err != nil {
		t.Fatalf("%s: NewProto(%s): %v", name, s, err)
	}
	got, err := p.Append([]byte("dst"), data)
	if err != nil || !bytes.Equal(got[3:], want) {
		t.Fatalf("%s: Proto.Append(%s) of %s\n got %q, %v\nwant %q", name, s, text, got[3:], err, want)
	}
	if err := record.Check(got[3:], &s); err != nil {
		t.Fatalf("%s: Proto.Append(%s) = %q: %v", name, s, got[3:], err)
	}
}

func TestNewProtoRefuses(t *testing.T) {
	tests := map[string]struct{ reason, shape, want string }{
		"Raw":         {"raw is JSON", "{spec{containers raw}}", "not readable from protobuf: field spec.containers is []v1.Container in Go, the shape has raw"},
		"Missing":     {"the field may be newer than the type", "{spec{nodeNme string}}", "not readable from protobuf: field spec.nodeNme is not in Go's v1.PodSpec"},
		"OtherKind":   {"the field is absent, or converted, in JSON", "{spec{nodeName int}}", "not readable from protobuf: field spec.nodeName is string in Go, the shape has int"},
		"TypeMeta":    {"kind is in the envelope", "{kind string}", "not readable from protobuf: field kind is not in Go's v1.Pod"},
		"TwoKinds":    {"only one of them can be right", "{spec{nodeName int,nodeName string}}", "not readable from protobuf: field spec.nodeName is string in Go, the shape has int"},
		"Element":     {"elements have a path", "{spec{containers list<{nam string}>}}", "not readable from protobuf: field spec.containers[].nam is not in Go's v1.Container"},
		"ManagedJSON": {"fieldsV1 is JSON inside of protobuf", "{metadata{managedFields list<{fieldsV1{a string}}>}}", "not readable from protobuf: field metadata.managedFields[].fieldsV1 is v1.FieldsV1 in Go, the shape has struct"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := project.NewProto(shape(t, tt.shape), reflect.TypeFor[corev1.Pod]())
			if !errors.Is(err, project.ErrNotProtobuf) || err.Error() != tt.want {
				t.Errorf("%s: NewProto(%s): error %v, want %s", tt.reason, tt.shape, err, tt.want)
			}
		})
	}
}

func livePodMessage(t testing.TB) []byte {
	t.Helper()
	pod := &corev1.Pod{}
	if err := json.Unmarshal(livePod, pod); err != nil {
		t.Fatal(err)
	}
	return marshal(t, pod)
}

func TestProtoTruncated(t *testing.T) {
	data := livePodMessage(t)
	p, err := project.NewProto(shape(t, podShape), reflect.TypeFor[corev1.Pod]())
	if err != nil {
		t.Fatal(err)
	}
	ends := 0
	for n := range data {
		if _, err := p.Append(nil, data[:n:n]); err == nil {
			ends++
		}
	}
	if ends != 3 {
		t.Errorf("Proto.Append takes %d prefixes of a pod, want 3: nothing, metadata, and metadata with spec", ends)
	}
}

func TestProtoRefusesMalformed(t *testing.T) {
	p, err := project.NewProto(shape(t, podShape), reflect.TypeFor[corev1.Pod]())
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ data, want string }{
		"WireType": {"\x08\x01", "field metadata, byte 0: unexpected wire type"},
		"Group":    {"\x0b\x0c", "object, byte 0: not a protobuf field"},
		"Number":   {"\x02\x00", "object, byte 0: not a protobuf field"},
		"Length":   {"\x12\x05\x0a", "object, byte 0: not a protobuf field"},
		"Inside":   {"\x12\x02\x52\x09", "field spec, byte 2: not a protobuf field"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := p.Append(nil, []byte(tt.data))
			if err == nil || err.Error() != tt.want {
				t.Errorf("Proto.Append(%q): error %v, want %s", tt.data, err, tt.want)
			}
		})
	}
}

// everyForm has values of each form that protobuf has.
const everyForm = "{metadata{creationTimestamp time?,annotations map<string>,annotations{a string,b string?},generation int?},spec{containers list<{name string,args list<string?>?," +
	"ports list<{containerPort int?,hostPort int?}>,livenessProbe{httpGet{port intOrString?}?,timeoutSeconds int?}?,resources{limits map<string?>,requests map<string>?}}>," +
	"hostNetwork bool?,tolerations list<{tolerationSeconds int?}>,volumes list<{name string,emptyDir{sizeLimit string?}?,secret{secretName string?}?}>}}"

// FuzzProto checks that whatever comes in, what comes out is an error or a
// whole record.
func FuzzProto(f *testing.F) {
	f.Add(livePodMessage(f))
	random := rand.New(rand.NewPCG(7, 8))
	for range 20 {
		pod := &corev1.Pod{}
		fill(reflect.ValueOf(pod).Elem(), random, 6)
		f.Add(marshal(f, pod))
	}
	s := shape(f, everyForm)
	p, err := project.NewProto(s, reflect.TypeFor[corev1.Pod]())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := p.Append(nil, data)
		if err != nil {
			if !strings.Contains(err.Error(), ", byte ") {
				t.Errorf("Proto.Append(%q): error %v names no place", data, err)
			}
			return
		}
		if err := record.Check(rec, s); err != nil {
			t.Fatalf("Proto.Append(%q) = %q: %v", data, rec, err)
		}
	})
}

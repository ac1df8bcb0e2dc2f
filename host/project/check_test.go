// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
)

func TestCheckType(t *testing.T) {
	pod, deployment := reflect.TypeFor[corev1.Pod](), reflect.TypeFor[appsv1.Deployment]()
	tests := map[string]struct {
		reason string
		typ    reflect.Type
		shape  string
		want   []string
	}{
		"Good":      {"every field exists", pod, podShape, nil},
		"Raw":       {"raw takes anything", pod, "{spec{containers raw},status raw}", nil},
		"Typo":      {"one letter is missing", pod, "{spec{nodeNme string}}", []string{"field spec.nodeNme does not exist (did you mean nodeName?)"}},
		"Case":      {"case counts", pod, "{spec{nodename string}}", []string{"field spec.nodename does not exist (did you mean nodeName?)"}},
		"Nothing":   {"nothing is like it", pod, "{spec{zzz string},status{q int}}", []string{"field spec.zzz does not exist", "field status.q does not exist"}},
		"Element":   {"in elements", pod, "{spec{containers list<{imag string}>}}", []string{"field spec.containers[].imag does not exist (did you mean image?)"}},
		"Inline":    {"fields of inline structs", pod, "{spec{volumes list<{emptyDir{sizeLimit string},secrt{}}>}}", []string{"field spec.volumes[].secrt does not exist (did you mean secret?)"}},
		"Kind":      {"a text is no number", pod, "{spec{nodeName int,hostNetwork string}}", []string{"field spec.hostNetwork is bool, which cannot be read as string", "field spec.nodeName is string, which cannot be read as int"}},
		"Scalars":   {"what is a string in JSON can be read as one", deployment, "{metadata{creationTimestamp string,generation string,labels{app string}},spec{replicas float,strategy{rollingUpdate{maxSurge string}}}}", nil},
		"MapValues": {"in maps", pod, "{metadata{labels map<int>,annotations{a int}}}", []string{"field metadata.annotations.a is string, which cannot be read as int", "field metadata.labels[] is string, which cannot be read as int"}},
		"List":      {"a list is no struct", deployment, "{status{conditions{type string}}}", []string{"field status.conditions is []v1.DeploymentCondition, which cannot be read as struct"}},
		"TypeMeta":  {"kind and apiVersion exist in JSON", pod, "{apiVersion string,kind string}", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, project.CheckType(shape(t, tt.shape), tt.typ)); diff != "" {
				t.Errorf("%s: CheckType(%s): -want +got\n%s", tt.reason, tt.shape, diff)
			}
		})
	}
}

// TestCheckTypeAgreesWithProto: what NewProto takes has no warning.
func TestCheckTypeAgreesWithProto(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	for name, typ := range resources() {
		s := record.Shape{Kind: record.Struct, Fields: randomFields(typ, random, 9)}.Canonical()
		if warnings := project.CheckType(&s, typ); warnings != nil {
			t.Errorf("CheckType(%s, %s) = %q, want nothing", s, name, warnings)
		}
	}
}

func TestCheckOpenAPI(t *testing.T) {
	const schema = `{"type":"object","properties":{
		"spec":{"type":"object","properties":{
			"replicas":{"type":"integer"},"ratio":{"type":"number"},"paused":{"type":"boolean"},"image":{"type":"string"},
			"port":{"x-kubernetes-int-or-string":true},
			"items":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"}}}},
			"labels":{"type":"object","additionalProperties":{"type":"string"}},
			"free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
			"any":{}
		}}}}`
	tests := map[string]struct {
		reason, shape string
		want          []string
	}{
		"Good":     {"every field exists", "{spec{any{a int},free{x{y int}},image string,items list<{name string}>,labels map<string>,labels{app string},paused bool,port intOrString,ratio float,replicas int}}", nil},
		"Metadata": {"metadata is not described", "{apiVersion string,kind string,metadata{name string,whatever int}}", nil},
		"Typo":     {"one letter is wrong", "{spec{imgae string,items list<{nam string}>}}", []string{"field spec.imgae does not exist (did you mean image?)", "field spec.items[].nam does not exist (did you mean name?)"}},
		"Top":      {"at the top, too", "{sepc{image string},status{phase string}}", []string{"field sepc does not exist (did you mean spec?)", "field status does not exist"}},
		"Kind":     {"another type", "{spec{image int,items map<string>,replicas bool}}", []string{"field spec.image is of type string, which cannot be read as int", "field spec.items is of type array, which cannot be read as map<string>", "field spec.replicas is of type integer, which cannot be read as bool"}},
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(schema), &object); err != nil {
		t.Fatal(err)
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, project.CheckOpenAPI(shape(t, tt.shape), object)); diff != "" {
				t.Errorf("%s: CheckOpenAPI(%s): -want +got\n%s", tt.reason, tt.shape, diff)
			}
		})
	}
}

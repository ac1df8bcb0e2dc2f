// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"fmt"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// gadgetResource serves gadgets.example.com from now on, with one object in
// the namespace.
func gadgetResource(t *testing.T, plane *controlplane.Plane, namespace string) dynamic.ResourceInterface {
	t.Helper()
	size := apiextensionsv1.JSONSchemaProps{
		Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{"size": {Type: "integer"}},
	}
	definition := &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "gadgets.example.com"},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Group: "example.com",
			Names: apiextensionsv1.CustomResourceDefinitionNames{Plural: "gadgets", Kind: "Gadget"},
			Scope: apiextensionsv1.NamespaceScoped,
			Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
				Name: "v1", Served: true, Storage: true,
				Subresources: &apiextensionsv1.CustomResourceSubresources{Status: &apiextensionsv1.CustomResourceSubresourceStatus{}},
				Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{
					Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{"spec": size, "status": size},
				}},
			}},
		},
	}
	definitions := apiextensions.NewForConfigOrDie(plane.RESTConfig()).ApiextensionsV1().CustomResourceDefinitions()
	if _, err := definitions.Create(t.Context(), definition, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = definitions.Delete(t.Context(), definition.Name, metav1.DeleteOptions{}) })
	gadgets := dynamic.NewForConfigOrDie(plane.RESTConfig()).
		Resource(schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "gadgets"}).Namespace(namespace)
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "example.com/v1", "kind": "Gadget",
		"metadata": map[string]any{"name": "one"}, "spec": map[string]any{"size": int64(7)},
	}}
	hosttest.Eventually(t, func() string {
		if _, err := gadgets.Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
			return err.Error()
		}
		return ""
	})
	return gadgets
}

// missing says what a field of an object is if it is not what it should be.
func missing(object map[string]any, want any, path ...string) string {
	got, _, err := unstructured.NestedFieldNoCopy(object, path...)
	if err != nil || got != want {
		return fmt.Sprintf("field %v: got %v (error %v), want %v", path, got, err, want)
	}
	return ""
}

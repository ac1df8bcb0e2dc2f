// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// TestSelectors checks a selector's text, what the text reads back as, and
// what the selector selects.
func TestSelectors(t *testing.T) {
	labels := sdk.Labels{{Key: "app", Value: "web"}, {Key: "tier", Value: ""}}
	for _, test := range []struct {
		reason   string
		selector sdk.Selector
		text     string
		want     bool
	}{
		{"the zero Selector selects everything", sdk.Selector{}, "", true},
		{"an empty LabelSelector selects everything", (&sdk.LabelSelector{}).Selector(), "", true},
		{"no LabelSelector selects nothing", (*sdk.LabelSelector)(nil).Selector(), "kubernetes.io/nothing,!kubernetes.io/nothing", false},
		{"all labels are there", sdk.SelectorOf(labels), "app=web,tier=", true},
		{"one label is another", sdk.SelectorOf(sdk.Labels{{Key: "app", Value: "api"}}), "app=api", false},
		{"in", expression("app", sdk.In, "api", "web"), "app in (api,web)", true},
		{"not in", expression("app", sdk.NotIn, "web"), "app notin (web)", false},
		{"not in what is not there", expression("new", sdk.NotIn, "web"), "new notin (web)", true},
		{"exists", expression("tier", sdk.Exists), "tier", true},
		{"does not exist", expression("tier", sdk.DoesNotExist), "!tier", false},
		{"an unknown operator selects nothing", expression("tier", "Near", "x"), "kubernetes.io/nothing,!kubernetes.io/nothing", false},
		{"in nothing selects nothing", expression("tier", sdk.In), "kubernetes.io/nothing,!kubernetes.io/nothing", false},
	} {
		if got := test.selector.String(); got != test.text {
			t.Errorf("%s: String() = %q, want %q", test.reason, got, test.text)
		}
		if got := test.selector.Matches(labels); got != test.want {
			t.Errorf("%s: %q.Matches(%v) = %v, want %v", test.reason, test.text, labels, got, test.want)
		}
		read, err := sdk.ParseSelector(test.text)
		if err != nil || read.String() != test.text {
			t.Errorf("%s: ParseSelector(%q) = %q, %v", test.reason, test.text, read, err)
		}
	}
	for _, bad := range []string{"a b", "=x", "a in b)", "a,,b", "!", "a near (b)"} {
		if s, err := sdk.ParseSelector(bad); err == nil {
			t.Errorf("ParseSelector(%q) = %q, want an error", bad, s)
		}
	}
}

func expression(key string, operator sdk.Operator, values ...string) sdk.Selector {
	s := sdk.LabelSelector{MatchExpressions: []sdk.Requirement{{Key: key, Operator: operator, Values: values}}}
	return s.Selector()
}

// TestLabels checks that changed labels are copies.
func TestLabels(t *testing.T) {
	labels := sdk.LabelsOf(map[string]string{"b": "2", "a": "1"})
	if diff := cmp.Diff(sdk.Labels{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}}, labels); diff != "" {
		t.Errorf("LabelsOf (-want +got):\n%s", diff)
	}
	changed := labels.With("a", "9").Without("b").With("c", "3")
	if changed.Get("a") != "9" || changed.Has("b") || changed.Get("c") != "3" || labels.Get("a") != "1" || len(labels) != 2 {
		t.Errorf("changed = %v, labels = %v", changed, labels)
	}
	if !labels.Contains(sdk.Labels{{Key: "b", Value: "2"}}) || labels.Contains(changed) {
		t.Errorf("%v.Contains is wrong about a part of it, or about %v", labels, changed)
	}
}

// TestErrors checks what a caller can ask of an error, also of a wrapped one.
func TestErrors(t *testing.T) {
	err := fmt.Errorf("scale up: %w", &sdk.APIError{
		Operation: abi.OpCreate, Resource: "v1/pods", Key: sdk.Key{Namespace: "ns"},
		Status: abi.StatusForbidden, Reason: "Forbidden", Message: "exceeded quota", Causes: []string{"NamespaceTerminating"},
	})
	if got, want := err.Error(), "scale up: create v1/pods ns: forbidden: exceeded quota"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if !sdk.IsForbidden(err) || sdk.IsNotFound(err) || sdk.ReasonOf(err) != "Forbidden" || !sdk.HasCause(err, "NamespaceTerminating") || sdk.HasCause(err, "Quota") {
		t.Errorf("the questions about %v are answered wrongly", err)
	}
	if sdk.IgnoreNotFound(err) == nil || sdk.IgnoreNotFound(&sdk.APIError{Status: abi.StatusNotFound}) != nil {
		t.Error("IgnoreNotFound ignores another error, or not this one")
	}
	if sdk.TerminalError(nil) != nil || !sdk.IsForbidden(sdk.TerminalError(err)) {
		t.Error("TerminalError hides its cause, or makes an error of nil")
	}
	if sdk.StatusOf(nil) != abi.StatusOK || sdk.StatusOf(errors.New("x")) != abi.StatusInternal || sdk.IsNotFound(nil) {
		t.Error("StatusOf is wrong about nil or about an error of the plugin's own")
	}
}

type nothingEmbedded struct {
	Name string `json:"name"`
}

type unreadable struct {
	sdk.Metadata
	Spec struct {
		Anything any `json:"anything"`
	} `json:"spec"`
}

type taken struct {
	sdk.Metadata
	Metadata2 struct {
		Labels map[string]string `json:"labels"`
	} `json:"metadata"`
}

// TestDeclarationsPanic checks that a wrong declaration is named when the
// module is loaded.
func TestDeclarationsPanic(t *testing.T) {
	var declared *sdk.Resource[sdk.Header]
	noop := func(context.Context, sdk.Request) (sdk.Result, error) { return sdk.Result{}, nil }
	for want, declare := range map[string]func(){
		"sdk: resource v1/things: type nothingEmbedded does not embed sdk.Metadata or sdk.Header": func() {
			sdk.NewResource[nothingEmbedded]("v1", "things", "Thing")
		},
		"sdk: resource v1/things: field unreadable.Spec.Anything (interface {}): an interface has no shape; use a struct, or sdk.Raw for the whole subtree": func() {
			sdk.NewResource[unreadable]("v1", "things", "Thing")
		},
		"sdk: resource v1/things: field taken.Metadata2.Labels: the JSON field labels is also taken.Metadata.Labels": func() {
			sdk.NewResource[taken]("v1", "things", "Thing")
		},
		"sdk: Writes(apply): no such verb, expected one of create, update, patch, delete, deletecollection": func() { sdk.Writes("apply") },
		"sdk: Reads(watch): no such verb, expected one of get, list":                                        func() { sdk.Reads("watch") },
		"sdk: NewServer(example.com): expected https:// or http://, a host and perhaps a port":              func() { sdk.NewServer("example.com") },
		"sdk: NewServer(https://example.com/a): expected https:// or http://, a host and perhaps a port":    func() { sdk.NewServer("https://example.com/a") },
		"sdk: controller : has no Name":                      func() { sdk.Register(sdk.Controller{}) },
		"sdk: controller x: For is missing":                  func() { sdk.Register(sdk.Controller{Name: "x"}) },
		"sdk: settings are declared twice":                   func() { sdk.NewSettings(struct{}{}) },
		"sdk: FieldsOf: field int: a projection is a struct": func() { sdk.FieldsOf[int]() },
		"sdk: controller x: is a Singleton, which has neither For nor Owns": func() {
			sdk.Register(sdk.Controller{Name: "x", Singleton: true, For: declared, Reconcile: noop})
		},
		"sdk: controller x: MapSingleton is for the watches of a Singleton, and they for it": func() {
			sdk.Register(sdk.Controller{Name: "x", Singleton: true, Reconcile: noop, Watches: []sdk.Watch{{Resource: declared, Map: sdk.MapAll()}}})
		},
		"sdk: controller replicas: For is missing": func() { sdk.Register(sdk.Controller{Name: "replicas", Reconcile: noop}) },
	} {
		if got := panicOf(declare); got != want {
			t.Errorf("panic:\n got %v\nwant %s", got, want)
		}
	}
}

func panicOf(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

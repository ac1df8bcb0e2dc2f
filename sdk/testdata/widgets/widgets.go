// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package widgets is a plugin whose reconciler is set by tests.
package widgets

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Widget is a custom resource.
type Widget struct {
	sdk.Metadata
	Spec struct {
		Size     int                `json:"size,omitempty"`
		Node     string             `json:"node,omitempty"`
		Selector *sdk.LabelSelector `json:"selector,omitempty"`
	} `json:"spec"`
	Status struct {
		Ready bool `json:"ready,omitempty"`
	} `json:"status"`
}

// Part is owned by widgets, selected by them, or names them.
type Part struct {
	sdk.Metadata
	Spec struct {
		Widget string `json:"widget"`
	} `json:"spec"`
}

// Pod is what is read of pods.
type Pod struct {
	sdk.Header
	Spec struct {
		NodeName string `json:"nodeName"`
	} `json:"spec"`
}

// Blob is read now and then, so the host keeps none.
type Blob struct {
	sdk.Header
	Data string `json:"data"`
}

// The resources.
var (
	Widgets = sdk.NewResource[Widget]("example.com/v1", "widgets", "Widget",
		sdk.IndexField("spec.node"), sdk.IndexLabel("app"),
		sdk.Writes("create", "update", "patch", "delete", "deletecollection", "status/patch", "scale/patch"),
		sdk.Reads("scale/get"))
	Parts  = sdk.NewResource[Part]("v1", "parts", "Part", sdk.IndexOwner(), sdk.Writes("create", "patch"))
	Pods   = sdk.NewResource[Pod]("v1", "pods", "Pod", sdk.Writes("delete", "binding/create", "eviction/create"))
	Blobs  = sdk.NewResource[Blob]("v1", "blobs", "Blob", sdk.Uncached(), sdk.Writes("create", "update"), sdk.Reads("get"))
	Things = sdk.NewAny[sdk.Metadata](sdk.Reads("get", "list"), sdk.Writes("patch", "delete", "deletecollection"))
	Notes  = sdk.NewResource[sdk.Header]("v1", "notes", "Note", sdk.Uncached(), sdk.Writes("patch"))
)

// What is outside of the API server.
var (
	Hooks = sdk.NewServer("http://*.example.com:8080", "POST")
	Site  = sdk.NewServer("https://example.org")
	Key   = sdk.NewSigningKey("widgets")
)

// Reconcile is what the controller widgets does, Census what the singleton.
var (
	Reconcile = func(context.Context, sdk.Request) (sdk.Result, error) { return sdk.Result{}, nil }
	Census    = func(context.Context, sdk.Request) (sdk.Result, error) { return sdk.Result{}, nil }
)

func init() {
	sdk.FieldManagers("widget-manager")
	sdk.NewSigningKey("widgets")
	sdk.WantDiscovery()
	sdk.Register(sdk.Controller{
		Name: "widgets",
		For:  Widgets,
		Owns: []sdk.AnyResource{Parts},
		Watches: []sdk.Watch{
			{Resource: Parts, Map: sdk.MapOrphansSelectedBy("spec.selector")},
			{Resource: Parts, Map: sdk.MapLabel("widget")},
			{Resource: Parts, Map: sdk.MapField("spec.widget")},
			{Resource: Pods, Map: sdk.MapFunc(Pods, byNode), Fields: sdk.FieldsOf[struct {
				Spec struct {
					NodeName string `json:"nodeName"`
				} `json:"spec"`
			}]()},
		},
		Reconcile: func(ctx context.Context, req sdk.Request) (sdk.Result, error) { return Reconcile(ctx, req) },
	}, sdk.Controller{
		Name:      "census",
		Singleton: true,
		Watches:   []sdk.Watch{{Resource: Pods, Map: sdk.MapSingleton()}},
		Reconcile: func(ctx context.Context, req sdk.Request) (sdk.Result, error) { return Census(ctx, req) },
	})
}

func byNode(ctx context.Context, change sdk.Change[Pod]) []sdk.Key {
	var keys []sdk.Key
	for widget, err := range Widgets.All(ctx, sdk.ByField("spec.node", change.Object().Spec.NodeName)) {
		if err != nil {
			return nil
		}
		keys = append(keys, widget.Key())
	}
	return keys
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package endpoints is the controller that keeps the Endpoints of services
// which select pods, with the behaviour of the controller of the same name in
// kube-controller-manager. README.md says what it reads and writes and where it
// differs.
//
// What the Endpoints should be is decided by pure functions: subsets.go makes
// subsets of pods and bounds them. reconcile.go carries it out. Nothing is kept
// between reconciles.
package endpoints

import (
	"context"
	"time"

	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// Name is the name of the controller.
const Name = "endpoints-controller"

// The label that marks the Endpoints of this controller, and the annotation
// that says that they lack addresses.
const (
	labelManagedBy         = "endpoints.kubernetes.io/managed-by"
	managedBy              = "endpoint-controller"
	annotationOverCapacity = "endpoints.kubernetes.io/over-capacity"
	truncated              = "truncated"
)

// Settings are the settings of the plugin.
type Settings struct {
	// UpdatesBatchPeriod is how long changes are collected before Endpoints are
	// written, "500ms" for example.
	UpdatesBatchPeriod string `json:"updatesBatchPeriod"`

	period time.Duration
}

func (s *Settings) prepare() (err error) {
	s.period, err = backend.ParsePeriod(s.UpdatesBatchPeriod)
	return err
}

// Endpoints is what the controller reads and writes of Endpoints.
type Endpoints struct {
	sdk.Metadata
	Notes struct {
		Annotations struct {
			TriggerTime  *string `json:"endpoints.kubernetes.io/last-change-trigger-time"`
			OverCapacity *string `json:"endpoints.kubernetes.io/over-capacity"`
			Leader       *string `json:"control-plane.alpha.kubernetes.io/leader"`
		} `json:"annotations"`
	} `json:"metadata"`
	Subsets []backend.Subset `json:"subsets"`
}

var (
	settings  *sdk.Settings[Settings]
	services  *sdk.Resource[backend.Service]
	pods      *sdk.Resource[backend.Pod]
	endpoints *sdk.Resource[Endpoints]
)

// Register declares the controller, its resources and its settings.
func Register() {
	settings = sdk.NewSettings(Settings{UpdatesBatchPeriod: "0s"}, (*Settings).prepare)
	services = sdk.NewResource[backend.Service]("v1", "services", "Service")
	pods = sdk.NewResource[backend.Pod]("v1", "pods", "Pod")
	endpoints = sdk.NewResource[Endpoints]("v1", "endpoints", "Endpoints", sdk.Writes("create", "patch", "delete"))
	sdk.Plugin(Name, "1.37")
	sdk.EventSource("endpoint-controller")
	sdk.Register(sdk.Controller{
		Name: Name,
		For:  services,
		Watches: []sdk.Watch{
			{Resource: pods, Map: sdk.MapSelectedBy("spec.selector"), Where: []sdk.Condition{sdk.IsSet("status.podIPs")}},
			{Resource: endpoints, Map: sdk.MapFunc(endpoints, ours)},
		},
		Reconcile:   reconcile,
		Concurrency: 5,
	})
}

// ours wakes the service of Endpoints that this controller manages, or did.
// Others are of no interest: who makes Endpoints before their service must not
// lose them.
func ours(_ context.Context, change sdk.Change[Endpoints]) []sdk.Key {
	for _, e := range []*Endpoints{change.Before, change.After} {
		if e != nil && e.Labels.Get(labelManagedBy) == managedBy {
			return []sdk.Key{e.Key()}
		}
	}
	return nil
}

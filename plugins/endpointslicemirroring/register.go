// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package endpointslicemirroring is the controller that mirrors Endpoints which
// somebody made for a service without selector into EndpointSlices, with the
// behaviour of the controller of the same name in kube-controller-manager.
// README.md says what it reads and writes and where it differs.
//
// What the slices should be is decided by pure functions in mirror.go;
// reconcile.go carries it out. Nothing is kept between reconciles.
package endpointslicemirroring

import (
	"context"
	"errors"

	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// Name is the name of the controller.
const Name = "endpointslice-mirroring-controller"

// managedBy is the value of the label that marks the slices of this controller.
const managedBy = "endpointslicemirroring-controller.k8s.io"

// Settings are the settings of the plugin.
type Settings struct {
	// MaxEndpointsPerSubset is how many addresses of a subset are mirrored at
	// most, 1 to 1000.
	MaxEndpointsPerSubset int `json:"maxEndpointsPerSubset"`
}

func (s *Settings) validate() error {
	if s.MaxEndpointsPerSubset < 1 || s.MaxEndpointsPerSubset > 1000 {
		return errors.New("maxEndpointsPerSubset: expected 1 to 1000")
	}
	return nil
}

// Endpoints is what the controller reads of Endpoints.
type Endpoints struct {
	sdk.Metadata
	sdk.Annotations
	Subsets []backend.Subset `json:"subsets"`
}

// Service is what the controller reads of a service.
type Service struct {
	sdk.Header
	Spec struct {
		Selector sdk.Labels `json:"selector"`
	} `json:"spec"`
}

var (
	settings   *sdk.Settings[Settings]
	services   *sdk.Resource[Service]
	endpoints  *sdk.Resource[Endpoints]
	sliceCache *sdk.Resource[backend.Slice]
)

// Register declares the controller, its resources and its settings.
func Register() {
	settings = sdk.NewSettings(Settings{MaxEndpointsPerSubset: 1000}, (*Settings).validate)
	services = sdk.NewResource[Service]("v1", "services", "Service")
	endpoints = sdk.NewResource[Endpoints]("v1", "endpoints", "Endpoints")
	sliceCache = sdk.NewResource[backend.Slice]("discovery.k8s.io/v1", "endpointslices", "EndpointSlice",
		sdk.IndexLabel(backend.LabelServiceName), sdk.Writes("create", "patch", "delete"))
	sdk.Plugin(Name, "1.37")
	sdk.EventSource("endpoint-slice-mirroring-controller")
	sdk.Register(sdk.Controller{
		Name: Name,
		For:  endpoints,
		Watches: []sdk.Watch{
			{Resource: services, Map: sdk.MapFunc(services, selectorChanged)},
			{Resource: sliceCache, Map: sdk.MapLabel(backend.LabelServiceName), Where: backend.ManagedBy(managedBy)},
		},
		Reconcile:   reconcile,
		Concurrency: 5,
	})
}

// selectorChanged wakes the Endpoints of a service that came, went, or has a
// selector where it had none or the other way round.
func selectorChanged(_ context.Context, change sdk.Change[Service]) []sdk.Key {
	if change.Before.custom() == change.After.custom() {
		return nil
	}
	return []sdk.Key{change.Object().Key()}
}

// custom reports whether the service exists and its Endpoints are somebody
// else's.
func (s *Service) custom() bool { return s != nil && len(s.Spec.Selector) == 0 }

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package endpointslice is the controller that keeps the EndpointSlices of
// services which select pods, with the behaviour of the controller of the same
// name in kube-controller-manager. README.md says what it reads and writes
// and where it differs.
//
// What the slices should be is decided by pure functions: desired.go makes
// endpoints of pods, plan.go puts them into slices with as few writes as it can.
// reconcile.go carries it out. Nothing is kept between reconciles.
package endpointslice

import (
	"errors"
	"time"

	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// Name is the name of the controller.
const Name = "endpointslice-controller"

// managedBy is the value of the label that marks the slices of this controller.
const managedBy = "endpointslice-controller.k8s.io"

// Settings are the settings of the plugin.
type Settings struct {
	// MaxEndpointsPerSlice is how many endpoints a slice has at most, 1 to 1000.
	MaxEndpointsPerSlice int `json:"maxEndpointsPerSlice"`
	// UpdatesBatchPeriod is how long changes are collected before slices are
	// written, "500ms" for example.
	UpdatesBatchPeriod string `json:"updatesBatchPeriod"`

	period time.Duration
}

func (s *Settings) prepare() (err error) {
	if s.MaxEndpointsPerSlice < 1 || s.MaxEndpointsPerSlice > 1000 {
		return errors.New("maxEndpointsPerSlice: expected 1 to 1000")
	}
	s.period, err = backend.ParsePeriod(s.UpdatesBatchPeriod)
	return err
}

// Node is what the controller reads of a node.
type Node struct {
	sdk.Header
	location
}

// location is where a node stands.
type location struct {
	Meta struct {
		Labels struct {
			Zone string `json:"topology.kubernetes.io/zone"`
		} `json:"labels"`
	} `json:"metadata"`
}

var (
	settings   *sdk.Settings[Settings]
	services   *sdk.Resource[backend.Service]
	pods       *sdk.Resource[backend.Pod]
	nodes      *sdk.Resource[Node]
	sliceCache *sdk.Resource[backend.Slice]
)

// Register declares the controller, its resources and its settings.
func Register() {
	settings = sdk.NewSettings(Settings{MaxEndpointsPerSlice: 100, UpdatesBatchPeriod: "0s"}, (*Settings).prepare)
	services = sdk.NewResource[backend.Service]("v1", "services", "Service")
	pods = sdk.NewResource[backend.Pod]("v1", "pods", "Pod", sdk.IndexField("spec.nodeName"))
	nodes = sdk.NewResource[Node]("v1", "nodes", "Node")
	sliceCache = sdk.NewResource[backend.Slice]("discovery.k8s.io/v1", "endpointslices", "EndpointSlice",
		sdk.IndexLabel(backend.LabelServiceName), sdk.Writes("create", "patch", "delete"))
	sdk.Plugin(Name, "1.37")
	sdk.EventSource("endpoint-slice-controller")
	sdk.Register(sdk.Controller{
		Name: Name,
		For:  services,
		Watches: []sdk.Watch{
			{Resource: pods, Map: sdk.MapSelectedBy("spec.selector"), Where: []sdk.Condition{sdk.IsSet("status.podIPs")}},
			{Resource: nodes, Map: sdk.MapFunc(nodes, servicesOn), Fields: sdk.FieldsOf[location]()},
			{Resource: sliceCache, Map: sdk.MapLabel(backend.LabelServiceName), Where: backend.ManagedBy(managedBy)},
		},
		Reconcile:   reconcile,
		Concurrency: 5,
	})
}

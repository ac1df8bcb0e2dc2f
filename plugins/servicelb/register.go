// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package servicelb is the controller service-lb-controller: it gives Services of
// type LoadBalancer their addresses, from pools in its settings or from an
// endpoint outside of the cluster. README.md says how, and what the endpoint is
// asked.
//
// settings.go reads the pools, assign.go decides who gets which address,
// endpoint.go asks the endpoint, reconcile.go does what both have in common, and
// status.go writes down what came out.
package servicelb

import "github.com/wasm-controller-manager/wcm/sdk"

var (
	services *sdk.Resource[Service]
	settings *sdk.Settings[Settings]
	outside  *sdk.Server
)

// Register declares the controller.
func Register() {
	services = sdk.NewResource[Service]("v1", "services", "Service", sdk.Writes("status/patch"))
	settings = sdk.NewSettings(Settings{Timeout: "10s"}, (*Settings).prepare)
	outside = sdk.NewServer("http://*:*", "PUT", "DELETE").Optional()
	sdk.Plugin("service-lb-controller", "1.37")
	sdk.EventSource("service-controller")
	sdk.Register(sdk.Controller{
		Name: "service",
		For:  services,
		// What the plugin writes itself does not wake it: it would ask the
		// endpoint again.
		ForFields:   sdk.FieldsOf[serviceChange](),
		Watches:     []sdk.Watch{{Resource: services, Map: sdk.MapFunc(services, freed), Fields: sdk.FieldsOf[addressChange]()}},
		Reconcile:   reconcile,
		Concurrency: 1, // no address twice
	})
}

// serviceChange has the fields of a Service that decide what it gets.
type serviceChange struct {
	Metadata struct {
		DeletionTimestamp sdk.Time    `json:"deletionTimestamp"`
		Annotations       Annotations `json:"annotations"`
	} `json:"metadata"`
	Spec Spec `json:"spec"`
}

// addressChange has the fields that say which addresses a Service holds.
type addressChange struct {
	Status struct {
		LoadBalancer LoadBalancer `json:"loadBalancer"`
	} `json:"status"`
}

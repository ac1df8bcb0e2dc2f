// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package serviceaccount is the controller serviceaccount-controller: every
// active namespace has a ServiceAccount "default", as which pods run that name
// no other. README.md says what it reads and writes and where it differs from
// upstream's.
package serviceaccount

import "github.com/wasm-controller-manager/wcm/sdk"

// name is that of the ServiceAccount.
const name = "default"

// Namespace is what the plugin reads of a namespace.
type Namespace struct {
	sdk.Header
	Status struct {
		Phase string `json:"phase"`
	} `json:"status"`
}

var (
	namespaces      *sdk.Resource[Namespace]
	serviceAccounts *sdk.Resource[sdk.Header]
)

// Register declares the controller.
func Register() {
	namespaces = sdk.NewResource[Namespace]("v1", "namespaces", "Namespace")
	serviceAccounts = sdk.NewResource[sdk.Header]("v1", "serviceaccounts", "ServiceAccount", sdk.Writes("create"))
	sdk.Plugin("serviceaccount-controller", "1.37")
	sdk.Register(sdk.Controller{
		Name:        "serviceaccount",
		For:         namespaces,
		Watches:     []sdk.Watch{{Resource: serviceAccounts, Map: sdk.MapField("metadata.namespace")}},
		Reconcile:   reconcile,
		Concurrency: 1,
	})
}

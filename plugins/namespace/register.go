// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package namespace is the controller namespace-controller: it empties
// namespaces that are being deleted, and lets go of them when nothing is left.
// README.md says what it reads and writes and where it differs from upstream's.
//
// targets.go says what can be in a namespace, tally.go counts what is left,
// findings.go turns that into conditions, all without effects. content.go
// deletes, and reconcile.go decides what comes next. Nothing is kept between
// reconciles.
package namespace

import (
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

const name = "namespace-controller"

var (
	namespaces *sdk.Resource[Namespace]
	things     *sdk.Any[Thing]
	settings   *sdk.Settings[Settings]
)

// Register declares the controller.
func Register() {
	namespaces = sdk.NewResource[Namespace]("v1", "namespaces", "Namespace", sdk.Writes("status/update", "finalize/update"))
	things = sdk.NewAny[Thing](sdk.Reads("list"), sdk.Writes("delete", "deletecollection"))
	settings = sdk.NewSettings(Settings{NamespaceSyncPeriod: "5m", period: 5 * time.Minute}, (*Settings).prepare)
	sdk.WantDiscovery()
	sdk.Plugin(name, "1.37")
	sdk.Register(sdk.Controller{
		Name: name, For: namespaces, ForFields: sdk.FieldsOf[closing](), Reconcile: reconcile, Concurrency: 10,
	})
}

// closing is the part of a namespace whose change can mean work.
type closing struct {
	Metadata struct {
		DeletionTimestamp sdk.Time `json:"deletionTimestamp"`
	} `json:"metadata"`
	Spec struct {
		Finalizers []string `json:"finalizers"`
	} `json:"spec"`
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package serviceaccounttoken is the controller serviceaccount-token-controller:
// it fills Secrets of the type kubernetes.io/service-account-token with a token
// of their ServiceAccount, and deletes them with it. README.md says what it
// reads and writes and where it differs from upstream's.
//
// token.go decides what a Secret lacks, reconcile.go carries it out, and
// reference.go takes deleted Secrets out of ServiceAccounts.
package serviceaccounttoken

import "github.com/wasm-controller-manager/wcm/sdk"

// Settings are the settings of the plugin.
type Settings struct {
	// RootCA is the bundle of certificates, in PEM, that goes into each Secret
	// as ca.crt; empty: none.
	RootCA string `json:"rootCA"`
}

var (
	secrets         *sdk.Resource[Secret]
	serviceAccounts *sdk.Resource[ServiceAccount]
	settings        *sdk.Settings[Settings]
	key             *sdk.SigningKey
)

// Register declares the controller.
func Register() {
	secrets = sdk.NewResource[Secret]("v1", "secrets", "Secret", sdk.Writes("patch", "delete"))
	serviceAccounts = sdk.NewResource[ServiceAccount]("v1", "serviceaccounts", "ServiceAccount", sdk.Writes("patch"))
	settings = sdk.NewSettings(Settings{})
	key = sdk.NewSigningKey("service-account")
	sdk.Plugin("serviceaccount-token-controller", "1.37")
	sdk.Register(sdk.Controller{
		Name: "serviceaccount-token",
		For:  secrets,
		Watches: []sdk.Watch{
			{Resource: serviceAccounts, Map: sdk.MapFunc(serviceAccounts, tokensOf), Fields: sdk.FieldsOf[sdk.Header]()},
			{Resource: secrets, Map: sdk.MapFunc(secrets, deletedToken), Fields: sdk.FieldsOf[sdk.Header]()},
		},
		Reconcile:   reconcile,
		Concurrency: 5,
	})
}

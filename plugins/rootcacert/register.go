// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package rootcacert is the controller root-ca-certificate-publisher-controller:
// every active namespace has a ConfigMap with the certificates by which pods
// know the API server. README.md says what it reads and writes and where it
// differs from upstream's.
package rootcacert

import (
	"errors"
	"strings"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Settings are the settings of the plugin.
type Settings struct {
	// RootCA is the bundle of certificates, in PEM.
	RootCA string `json:"rootCA"`
}

// Namespace is what the plugin reads of a namespace.
type Namespace struct {
	sdk.Header
	Status struct {
		Phase string `json:"phase"`
	} `json:"status"`
}

// ConfigMap is what the plugin reads of a ConfigMap.
type ConfigMap struct {
	sdk.Header
	Own struct {
		Annotations struct {
			Description string `json:"kubernetes.io/description,omitempty"`
		} `json:"annotations"`
	} `json:"metadata"`
	Data struct {
		Bundle string `json:"ca.crt"`
	} `json:"data"`
}

var (
	namespaces *sdk.Resource[Namespace]
	configMaps *sdk.Resource[ConfigMap]
	settings   *sdk.Settings[Settings]
)

// Register declares the controller.
func Register() {
	namespaces = sdk.NewResource[Namespace]("v1", "namespaces", "Namespace")
	configMaps = sdk.NewResource[ConfigMap]("v1", "configmaps", "ConfigMap", sdk.Writes("create", "patch"))
	settings = sdk.NewSettings(Settings{}, validate)
	sdk.Plugin("root-ca-certificate-publisher-controller", "1.37")
	sdk.Register(sdk.Controller{
		Name:        "root-ca-cert-publisher",
		For:         namespaces,
		Watches:     []sdk.Watch{{Resource: configMaps, Map: sdk.MapField("metadata.namespace")}},
		Reconcile:   reconcile,
		Concurrency: 1,
	})
}

func validate(s *Settings) error {
	if !strings.Contains(s.RootCA, "-----BEGIN CERTIFICATE-----") {
		return errors.New("rootCA: has no certificate, expected the bundle by which pods know the API server, in PEM (--root-ca-file)")
	}
	return nil
}

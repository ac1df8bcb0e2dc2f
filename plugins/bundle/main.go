// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command bundle is the module of all controllers that ship with
// wasm-controller-manager. Each is a plugin of its own: the field controllers
// of its operator's file says which one an instance has.
package main

import (
	"github.com/wasm-controller-manager/wcm/plugins/deployment"
	"github.com/wasm-controller-manager/wcm/plugins/endpoints"
	"github.com/wasm-controller-manager/wcm/plugins/endpointslice"
	"github.com/wasm-controller-manager/wcm/plugins/endpointslicemirroring"
	"github.com/wasm-controller-manager/wcm/plugins/garbagecollector"
	"github.com/wasm-controller-manager/wcm/plugins/namespace"
	"github.com/wasm-controller-manager/wcm/plugins/nodeipam"
	"github.com/wasm-controller-manager/wcm/plugins/nodelifecycle"
	"github.com/wasm-controller-manager/wcm/plugins/podgc"
	"github.com/wasm-controller-manager/wcm/plugins/replicaset"
	"github.com/wasm-controller-manager/wcm/plugins/replicationcontroller"
	"github.com/wasm-controller-manager/wcm/plugins/resourcequota"
	"github.com/wasm-controller-manager/wcm/plugins/rootcacert"
	"github.com/wasm-controller-manager/wcm/plugins/scheduler"
	"github.com/wasm-controller-manager/wcm/plugins/serviceaccount"
	"github.com/wasm-controller-manager/wcm/plugins/serviceaccounttoken"
	"github.com/wasm-controller-manager/wcm/plugins/servicelb"
	"github.com/wasm-controller-manager/wcm/plugins/tainteviction"
	"github.com/wasm-controller-manager/wcm/sdk"
)

func init() {
	sdk.Bundle(
		sdk.Member{Name: "node-ipam-controller", Register: nodeipam.Register},
		sdk.Member{Name: deployment.Name, Register: deployment.Register},
		sdk.Member{Name: endpoints.Name, Register: endpoints.Register},
		sdk.Member{Name: endpointslice.Name, Register: endpointslice.Register},
		sdk.Member{Name: "namespace-controller", Register: namespace.Register},
		sdk.Member{Name: garbagecollector.Name, Register: garbagecollector.Register},
		sdk.Member{Name: "pod-garbage-collector-controller", Register: podgc.Register},
		sdk.Member{Name: endpointslicemirroring.Name, Register: endpointslicemirroring.Register},
		sdk.Member{Name: replicaset.Name, Register: replicaset.Register},
		sdk.Member{Name: "replicationcontroller-controller", Register: replicationcontroller.Register},
		sdk.Member{Name: resourcequota.Name, Register: resourcequota.Register},
		sdk.Member{Name: "root-ca-certificate-publisher-controller", Register: rootcacert.Register},
		sdk.Member{Name: "scheduler", Register: scheduler.Register},
		sdk.Member{Name: "serviceaccount-controller", Register: serviceaccount.Register},
		sdk.Member{Name: "serviceaccount-token-controller", Register: serviceaccounttoken.Register},
		sdk.Member{Name: "service-lb-controller", Register: servicelb.Register},
		sdk.Member{Name: tainteviction.Name, Register: tainteviction.Register},
		sdk.Member{Name: nodelifecycle.Name, Register: nodelifecycle.Register},
	)
}

func main() {}

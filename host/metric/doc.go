// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package metric holds every Prometheus metric of the host, made once by [New]
// on a registerer that the caller gives. It counts what it is told; it never
// looks at anything by itself and knows no HTTP.
//
// Three families keep the names, labels and buckets that others made known, so
// that dashboards and alerts made for them work here:
//
//	workqueue_*, controller_runtime_*   controller-runtime v0.25
//	rest_client_*, leader_election_*    Kubernetes' own components
//	running_managed_controllers         kube-controller-manager
//
// The label controller of the first is what [ControllerName] makes: the name of
// the plugin, and after a slash that of the controller if it is another one. All
// that is ours starts with wcm_. Labels are names that an operator chose
// (plugins, controllers, resources) or words of a closed list; never the name of
// an object, so that the number of series is bounded.
//
// The handles ([Controller], [Plugin], [Resource]) look their series up once and
// start them at zero; Delete takes away the series of what is unloaded. All of
// it is safe for concurrent use.
package metric

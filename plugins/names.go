// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plugins

// aliases are the names that controllers of kube-controller-manager had before,
// which its command line still takes. A controller that is not listed has none.
var aliases = map[string]string{
	"bootstrap-signer-controller":              "bootstrapsigner",
	"cronjob-controller":                       "cronjob",
	"daemonset-controller":                     "daemonset",
	"deployment-controller":                    "deployment",
	"disruption-controller":                    "disruption",
	"endpoints-controller":                     "endpoint",
	"endpointslice-controller":                 "endpointslice",
	"endpointslice-mirroring-controller":       "endpointslicemirroring",
	"garbage-collector-controller":             "garbagecollector",
	"horizontal-pod-autoscaler-controller":     "horizontalpodautoscaling",
	"job-controller":                           "job",
	"namespace-controller":                     "namespace",
	"node-ipam-controller":                     "nodeipam",
	"node-lifecycle-controller":                "nodelifecycle",
	"pod-garbage-collector-controller":         "podgc",
	"replicaset-controller":                    "replicaset",
	"replicationcontroller-controller":         "replicationcontroller",
	"resourcequota-controller":                 "resourcequota",
	"root-ca-certificate-publisher-controller": "root-ca-cert-publisher",
	"service-lb-controller":                    "service",
	"serviceaccount-controller":                "serviceaccount",
	"serviceaccount-token-controller":          "serviceaccount-token",
	"statefulset-controller":                   "statefulset",
	"token-cleaner-controller":                 "tokencleaner",
	"ttl-after-finished-controller":            "ttl-after-finished",
}

// onRequest are the controllers that run only if they are named: those that
// kube-controller-manager does not run by default, and those that are not
// kube-controller-manager's at all but another program's beside it.
var onRequest = []string{
	"bootstrap-signer-controller",
	"scheduler",
	"service-lb-controller",
	"token-cleaner-controller",
}

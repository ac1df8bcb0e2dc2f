// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/wasm-controller-manager/wcm/plugins"
)

// controllerFlag is a flag of kube-controller-manager that is about controllers.
type controllerFlag struct {
	section     string // of the help
	name        string
	controllers []string // whose flag it is; it is there if one of them is
	meaning     meaning
	setting     string // for asSetting and asContent
	standard    any    // the default, which gives the type
	usage       string
}

// meaning is what becomes of a flag's value.
type meaning int

const (
	asSetting     meaning = iota // it is the setting of the name
	asContent                    // the content of the file is
	asConcurrency                // it is limits.concurrency
	asSwitch                     // false: the controllers do not run
	asKey                        // a file with the key that the controllers sign with; none: they do not run
)

// The controllers that flags are about.
const (
	endpoints       = "endpoints-controller"
	endpointSlices  = "endpointslice-controller"
	endpointMirror  = "endpointslice-mirroring-controller"
	garbage         = "garbage-collector-controller"
	namespaces      = "namespace-controller"
	nodeIPAM        = "node-ipam-controller"
	nodeLifecycle   = "node-lifecycle-controller"
	podGarbage      = "pod-garbage-collector-controller"
	resourceQuota   = "resourcequota-controller"
	rootCAPublisher = "root-ca-certificate-publisher-controller"
	accountTokens   = "serviceaccount-token-controller"
)

// accountKey is the name of the key that signs tokens of ServiceAccounts.
const accountKey = "service-account"

// controllerFlags are all such flags, with the defaults of kube-controller-manager.
// What a flag does not say, the controller's own file says.
var controllerFlags = []controllerFlag{
	{"generic", "allocate-node-cidrs", []string{nodeIPAM}, asSetting, "allocateNodeCIDRs", false,
		"Give each node a range of addresses for its pods."},
	{"generic", "cluster-cidr", []string{nodeIPAM}, asSetting, "clusterCIDR", "",
		"The ranges of addresses of all pods, one or one of each family with a comma between. Needs --allocate-node-cidrs."},
	{nodeIPAM, "node-cidr-mask-size", []string{nodeIPAM}, asSetting, "nodeCIDRMaskSize", 0,
		"Mask size of a node's range in a cluster with one family. If 0, it is 24 for IPv4 and 64 for IPv6."},
	{nodeIPAM, "node-cidr-mask-size-ipv4", []string{nodeIPAM}, asSetting, "nodeCIDRMaskSizeIPv4", 0,
		"Mask size of a node's IPv4 range in a cluster with both families. If 0, it is 24."},
	{nodeIPAM, "node-cidr-mask-size-ipv6", []string{nodeIPAM}, asSetting, "nodeCIDRMaskSizeIPv6", 0,
		"Mask size of a node's IPv6 range in a cluster with both families. If 0, it is 64."},
	{nodeIPAM, "service-cluster-ip-range", []string{nodeIPAM}, asSetting, "serviceClusterIPRange", "",
		"The range of addresses of Services, of which no node is given any. Needs --allocate-node-cidrs."},

	{nodeLifecycle, "node-monitor-period", []string{nodeLifecycle}, asSetting, "nodeMonitorPeriod", 5 * time.Second,
		"How often the heartbeats of nodes are looked at."},
	{nodeLifecycle, "node-monitor-grace-period", []string{nodeLifecycle}, asSetting, "nodeMonitorGracePeriod", 50 * time.Second,
		"How long a node may be silent before it counts as unhealthy. It must be several times the kubelets' --node-status-update-frequency."},
	{nodeLifecycle, "node-startup-grace-period", []string{nodeLifecycle}, asSetting, "nodeStartupGracePeriod", time.Minute,
		"How long a node that starts may be silent before it counts as unhealthy."},
	{nodeLifecycle, "node-eviction-rate", []string{nodeLifecycle}, asSetting, "nodeEvictionRate", float32(0.1),
		"Nodes per second whose pods are evicted when they fail, in a healthy zone."},
	{nodeLifecycle, "secondary-node-eviction-rate", []string{nodeLifecycle}, asSetting, "secondaryNodeEvictionRate", float32(0.01),
		"Nodes per second whose pods are evicted when they fail, in an unhealthy zone of a large cluster; in a small one there are none."},
	{nodeLifecycle, "unhealthy-zone-threshold", []string{nodeLifecycle}, asSetting, "unhealthyZoneThreshold", float32(0.55),
		"The part of a zone's nodes, three at least, that must not be ready for the zone to be unhealthy."},
	{nodeLifecycle, "large-cluster-size-threshold", []string{nodeLifecycle}, asSetting, "largeClusterSizeThreshold", 50,
		"Number of nodes of a zone above which it is that of a large cluster."},

	{namespaces, "namespace-sync-period", []string{namespaces}, asSetting, "namespaceSyncPeriod", 5 * time.Minute,
		"The longest time between two looks at a namespace that is being deleted and that something holds."},
	{podGarbage, "terminated-pod-gc-threshold", []string{podGarbage}, asSetting, "terminatedPodGCThreshold", 12500,
		"How many pods that have ended may exist before the oldest are deleted; 0 or less: none is deleted for that."},
	{resourceQuota, "resource-quota-sync-period", []string{resourceQuota}, asSetting, "resourceQuotaSyncPeriod", 5 * time.Minute,
		"How often the use of quotas is counted if nothing changes."},
	{endpointSlices, "max-endpoints-per-slice", []string{endpointSlices}, asSetting, "maxEndpointsPerSlice", 100,
		"How many endpoints an EndpointSlice can have."},
	{endpointSlices, "endpointslice-updates-batch-period", []string{endpointSlices}, asSetting, "updatesBatchPeriod", time.Duration(0),
		"How long changes of a Service and its pods are collected before its EndpointSlices are written; 0: not at all."},
	{endpoints, "endpoint-updates-batch-period", []string{endpoints}, asSetting, "updatesBatchPeriod", time.Duration(0),
		"How long changes of a Service and its pods are collected before its Endpoints are written; 0: not at all."},
	{endpointMirror, "mirroring-max-endpoints-per-subset", []string{endpointMirror}, asSetting, "maxEndpointsPerSubset", 1000,
		"How many addresses of one subset of Endpoints are mirrored."},

	{"serviceaccount-controller", "root-ca-file", []string{accountTokens, rootCAPublisher}, asContent, "rootCA", "",
		"File with the certificates, in PEM, by which pods know the API server: in Secrets with tokens and in the ConfigMap kube-root-ca.crt of each namespace. " +
			"If empty, the ConfigMaps have those of the kubeconfig."},
	{"serviceaccount-controller", "service-account-private-key-file", []string{accountTokens}, asKey, "", "",
		"File with the RSA or ECDSA key, in PEM, that signs tokens in Secrets. It becomes the signing key " + accountKey +
			", for tokens of ServiceAccounts alone; the controller does not see it. If empty, " + accountTokens + " does not run, unless --signing-key has the key."},
	{garbage, "enable-garbage-collector", []string{garbage}, asSwitch, "", true,
		"Run the garbage collector. It must be as the flag of the same name of kube-apiserver."},

	concurrent("concurrent-deployment-syncs", "deployment-controller", 5, "Deployments"),
	concurrent("concurrent-endpoint-syncs", endpoints, 5, "Services"),
	concurrent("concurrent-service-endpoint-syncs", endpointSlices, 5, "Services"),
	concurrent("mirroring-concurrent-service-endpoint-syncs", endpointMirror, 5, "Endpoints"),
	concurrent("concurrent-gc-syncs", garbage, 20, "objects"),
	concurrent("concurrent-namespace-syncs", namespaces, 10, "namespaces"),
	concurrent("concurrent-replicaset-syncs", "replicaset-controller", 5, "ReplicaSets"),
	concurrent("concurrent-rc-syncs", "replicationcontroller-controller", 5, "ReplicationControllers"),
	concurrent("concurrent-resource-quota-syncs", resourceQuota, 5, "quotas"),
	concurrent("concurrent-serviceaccount-token-syncs", accountTokens, 5, "Secrets"),
}

func concurrent(name, controller string, standard int, what string) controllerFlag {
	return controllerFlag{controller, name, []string{controller}, asConcurrency, "", standard,
		"How many " + what + " are worked on at once."}
}

func (f *controllerFlag) isFor(controller string) bool {
	return slices.Contains(f.controllers, controller)
}

// known reports whether the program has a controller that the flag is for.
func (f *controllerFlag) known() bool {
	return slices.ContainsFunc(f.controllers, func(name string) bool {
		_, found := plugins.Find(name)
		return found
	})
}

func (f *controllerFlag) add(flags *pflag.FlagSet) {
	switch standard := f.standard.(type) {
	case bool:
		flags.Bool(f.name, standard, f.usage)
	case string:
		flags.String(f.name, standard, f.usage)
	case int:
		flags.Int32(f.name, int32(standard), f.usage)
	case float32:
		flags.Float32(f.name, standard, f.usage)
	case time.Duration:
		flags.Duration(f.name, standard, f.usage)
	default:
		panic(fmt.Sprintf("--%s has a default of type %T", f.name, standard))
	}
}

// set adds what the flag says to the settings and limits of a controller.
func (f *controllerFlag) set(value pflag.Value, settings, limits map[string]json.RawMessage) error {
	switch f.meaning {
	case asSetting:
		settings[f.setting] = f.literal(value)
	case asContent:
		content, err := os.ReadFile(value.String())
		if err != nil {
			return err
		}
		settings[f.setting] = text(string(content))
	case asConcurrency:
		limits["concurrency"] = f.literal(value)
	case asSwitch, asKey:
	}
	return nil
}

// literal is a value as JSON.
func (f *controllerFlag) literal(value pflag.Value) json.RawMessage {
	switch f.standard.(type) {
	case string, time.Duration:
		return text(value.String())
	}
	return json.RawMessage(value.String())
}

func text(s string) json.RawMessage {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a form
	}
	return quoted
}

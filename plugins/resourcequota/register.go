// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package resourcequota is the controller resourcequota-controller: it keeps the
// status of ResourceQuotas, against which the API server admits objects.
// README.md says what it reads and writes and where it differs from upstream's.
//
// keys.go says what each key of a quota measures, resources.go what a pod takes,
// device.go what a claim of devices does, scope.go what a quota is for, all
// without effects. measure.go adds up, wake.go says which changes let go of
// something, and reconcile.go writes.
package resourcequota

import (
	"errors"
	"strconv"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Name is the name of the controller.
const Name = "resourcequota-controller"

// Settings are the settings of the plugin.
type Settings struct {
	// ResourceQuotaSyncPeriod is the time between two looks at a quota of which
	// nothing is known to have changed, "5m0s"; "0s" is never.
	ResourceQuotaSyncPeriod string `json:"resourceQuotaSyncPeriod"`
}

// period returns the setting as a duration, a negative one if it is none.
func (s *Settings) period() time.Duration {
	d, err := time.ParseDuration(s.ResourceQuotaSyncPeriod)
	if err != nil {
		return -1
	}
	return d
}

var (
	quotas   *sdk.Resource[ResourceQuota]
	pods     *sdk.Resource[Pod]
	services *sdk.Resource[Service]
	claims   *sdk.Resource[Claim]
	things   *sdk.Any[Thing]
	devices  *sdk.Resource[DeviceClaim]
	settings *sdk.Settings[Settings]
)

// kind is a resource that is watched to be counted.
type kind struct {
	apiVersion, group, resource, kind string

	things *sdk.Resource[Thing]
}

// name is the resource as keys have it.
func (k *kind) name() string {
	if k.group == "" {
		return k.resource
	}
	return k.resource + "." + k.group
}

var watched = []kind{
	{apiVersion: "v1", resource: "configmaps", kind: "ConfigMap"},
	{apiVersion: "v1", resource: "secrets", kind: "Secret"},
	{apiVersion: "v1", resource: "replicationcontrollers", kind: "ReplicationController"},
	{apiVersion: "apps/v1", group: "apps", resource: "deployments", kind: "Deployment"},
	{apiVersion: "apps/v1", group: "apps", resource: "replicasets", kind: "ReplicaSet"},
	{apiVersion: "apps/v1", group: "apps", resource: "statefulsets", kind: "StatefulSet"},
	{apiVersion: "apps/v1", group: "apps", resource: "daemonsets", kind: "DaemonSet"},
	{apiVersion: "batch/v1", group: "batch", resource: "jobs", kind: "Job"},
	{apiVersion: "batch/v1", group: "batch", resource: "cronjobs", kind: "CronJob"},
}

// watchedKind returns the watched resource of a name such as "deployments.apps", nil if
// there is none.
func watchedKind(name string) *kind {
	for i := range watched {
		if watched[i].name() == name {
			return &watched[i]
		}
	}
	return nil
}

// Register declares the controller.
func Register() {
	quotas = sdk.NewResource[ResourceQuota]("v1", "resourcequotas", "ResourceQuota", sdk.Writes("status/update"))
	pods = sdk.NewResource[Pod]("v1", "pods", "Pod")
	services = sdk.NewResource[Service]("v1", "services", "Service")
	claims = sdk.NewResource[Claim]("v1", "persistentvolumeclaims", "PersistentVolumeClaim")
	things = sdk.NewAny[Thing](sdk.Reads("list"))
	// Not every cluster serves it, which a cache would wait for.
	devices = sdk.NewResource[DeviceClaim]("resource.k8s.io/v1", "resourceclaims", "ResourceClaim", sdk.Uncached(), sdk.Reads("list"))
	settings = sdk.NewSettings(Settings{ResourceQuotaSyncPeriod: "5m0s"}, func(s *Settings) error {
		if d := s.period(); d != 0 && d < time.Second {
			return errors.New("resourceQuotaSyncPeriod is " + strconv.Quote(s.ResourceQuotaSyncPeriod) + ", expected a duration of 1s or more such as 5m0s, or 0s for none")
		}
		return nil
	})
	sdk.WantDiscovery()
	sdk.Plugin(Name, "1.37")
	sdk.Register(sdk.Controller{
		Name: Name, For: quotas, ForFields: sdk.FieldsOf[limits](), Reconcile: reconcile, Concurrency: 5, Watches: watches(),
	})
}

// limits is the part of a quota whose change asks for a new look.
type limits struct {
	Spec Spec `json:"spec"`
}

// admitted is the part of a quota that changes when something is admitted.
type admitted struct {
	Status struct {
		Used sdk.Labels `json:"used"`
	} `json:"status"`
}

// charged is the part of a pod that can change what it takes.
type charged struct {
	Spec struct {
		ActiveDeadlineSeconds *int64      `json:"activeDeadlineSeconds"`
		Containers            []Container `json:"containers"`
	} `json:"spec"`
	Status struct {
		Phase                 string            `json:"phase"`
		ContainerStatuses     []ContainerStatus `json:"containerStatuses"`
		InitContainerStatuses []ContainerStatus `json:"initContainerStatuses"`
	} `json:"status"`
}

func watches() []sdk.Watch {
	list := []sdk.Watch{
		{Resource: pods, Map: wake(pods, podResource, samePod), Fields: sdk.FieldsOf[charged]()},
		{Resource: services, Map: wake(services, serviceResource, sameService)},
		{Resource: claims, Map: wake(claims, claimResource, sameClaim)},
		{Resource: quotas, Map: wake(quotas, "resourcequotas", sameQuota), Fields: sdk.FieldsOf[sdk.Header]()},
		{Resource: quotas, Map: sdk.MapFunc(quotas, beginsToPend).SameNamespace(), Fields: sdk.FieldsOf[admitted]()},
	}
	for i := range watched {
		k := &watched[i]
		k.things = sdk.NewResource[Thing](k.apiVersion, k.resource, k.kind)
		list = append(list, sdk.Watch{Resource: k.things, Map: wake(k.things, k.name(), sameThing)})
	}
	return list
}

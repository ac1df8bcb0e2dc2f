// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package replicationcontroller keeps the pods of ReplicationControllers, with
// the behaviour of the controller of the same name in kube-controller-manager.
// README.md says what it reads and writes and where it differs.
//
// What to do is decided by pure functions: claim.go says which pods belong to
// a controller, plan.go how many to create or delete, rank.go which ones, and
// status.go what to report. reconcile.go, adopt.go and pods.go carry it out.
// Nothing is kept between reconciles, so instances need no care.
package replicationcontroller

import "github.com/wasm-controller-manager/wcm/sdk"

// name is upstream's.
const name = "replicationcontroller-controller"

// Set by Register.
var (
	controllers *sdk.Resource[ReplicationController]
	pods        *sdk.Resource[Pod]
)

// podChange has the fields of a pod whose change can mean work. The others
// are read only to rank pods, when some are to be deleted anyway.
type podChange struct {
	orphanChange
	Status struct {
		Conditions []PodCondition `json:"conditions"`
	} `json:"status"`
}

// orphanChange has the fields on which adopting a pod depends.
type orphanChange struct {
	Metadata struct {
		Labels            sdk.Labels           `json:"labels"`
		DeletionTimestamp sdk.Time             `json:"deletionTimestamp"`
		OwnerReferences   []sdk.OwnerReference `json:"ownerReferences"`
	} `json:"metadata"`
	Phase struct {
		Phase string `json:"phase"`
	} `json:"status"`
}

// Register declares the controller.
func Register() {
	controllers = sdk.NewResource[ReplicationController]("v1", "replicationcontrollers", "ReplicationController",
		sdk.Writes("status/patch"))
	pods = sdk.NewResource[Pod]("v1", "pods", "Pod",
		sdk.IndexOwner(), sdk.Writes("create", "delete", "patch"))
	sdk.Plugin(name, "1.37")
	sdk.EventSource("replication-controller")
	sdk.Register(sdk.Controller{
		Name: name,
		For:  controllers,
		Watches: []sdk.Watch{
			{Resource: pods, Map: sdk.MapController(), Fields: sdk.FieldsOf[podChange]()},
			{Resource: pods, Map: sdk.MapOrphansSelectedBy("spec.selector"), Fields: sdk.FieldsOf[orphanChange]()},
		},
		Reconcile:   reconcile,
		Concurrency: 5,
	})
}

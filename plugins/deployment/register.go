// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package deployment is the plugin that rolls Deployments out, with the
// behaviour of the deployment-controller of kube-controller-manager. README.md
// says what it reads and writes and where it differs.
//
// What to do is decided by pure functions: template.go and family.go say which
// ReplicaSet has the template that is wanted, fence.go how many pods may be too
// many or too few, rolling.go and scale.go how large each ReplicaSet is to be,
// revision.go and history.go what is remembered, progress.go and status.go what
// to report. reconcile.go, replicaset.go, rollback.go and report.go carry it
// out. Nothing is kept between reconciles.
package deployment

import "github.com/wasm-controller-manager/wcm/sdk"

// Name is the controller's, as kube-controller-manager has it.
const Name = "deployment-controller"

// What the plugin reads and writes; set by [Register].
var (
	deployments *sdk.Resource[Deployment]
	replicaSets *sdk.Resource[ReplicaSet]
	pods        *sdk.Resource[Pod]
)

// replicaSetChange has the fields of a ReplicaSet whose change can mean work.
// The template is not one of them: the API server lets nobody change it in a
// way that matters, and it is large.
type replicaSetChange struct {
	Metadata struct {
		Generation        int64                `json:"generation"`
		Labels            sdk.Labels           `json:"labels"`
		Annotations       sdk.Labels           `json:"annotations"`
		DeletionTimestamp sdk.Time             `json:"deletionTimestamp"`
		OwnerReferences   []sdk.OwnerReference `json:"ownerReferences"`
	} `json:"metadata"`
	Spec struct {
		Replicas        *int32 `json:"replicas"`
		MinReadySeconds int32  `json:"minReadySeconds"`
	} `json:"spec"`
	Status ReplicaSetStatus `json:"status"`
}

// orphanChange has the fields on which adopting a ReplicaSet depends.
type orphanChange struct {
	Metadata struct {
		Labels            sdk.Labels           `json:"labels"`
		DeletionTimestamp sdk.Time             `json:"deletionTimestamp"`
		OwnerReferences   []sdk.OwnerReference `json:"ownerReferences"`
	} `json:"metadata"`
}

// Register declares the plugin.
func Register() {
	deployments = sdk.NewResource[Deployment]("apps/v1", "deployments", "Deployment",
		sdk.Writes("patch", "status/patch"))
	replicaSets = sdk.NewResource[ReplicaSet]("apps/v1", "replicasets", "ReplicaSet",
		sdk.IndexOwner(), sdk.Writes("create", "patch", "delete"))
	pods = sdk.NewResource[Pod]("v1", "pods", "Pod", sdk.IndexOwner())
	sdk.Plugin(Name, "1.37")
	sdk.EventSource(Name)
	sdk.Register(sdk.Controller{
		Name: Name,
		For:  deployments,
		Watches: []sdk.Watch{
			{Resource: replicaSets, Map: sdk.MapController(), Fields: sdk.FieldsOf[replicaSetChange]()},
			{Resource: replicaSets, Map: sdk.MapOrphansSelectedBy("spec.selector"), Fields: sdk.FieldsOf[orphanChange]()},
		},
		Reconcile:   reconcile,
		Concurrency: 5,
	})
}

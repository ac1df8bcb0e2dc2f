// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicationcontroller

import (
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// controllerOf returns a replication controller for the pods of [pod].
func controllerOf(replicas int32) *ReplicationController {
	rc := &ReplicationController{}
	rc.Name, rc.Namespace, rc.UID, rc.Generation = "web", "default", "uid-rc", 1
	rc.Spec.Replicas = &replicas
	rc.Spec.Selector = sdk.Labels{{Key: "app", Value: "web"}}
	rc.Spec.Template.Metadata.Labels = sdk.Labels{{Key: "app", Value: "web"}, {Key: "tier", Value: "front"}}
	return rc
}

func ownedBy(uid string, controller bool) func(*Pod) {
	return func(p *Pod) {
		p.OwnerReferences = append(p.OwnerReferences, sdk.OwnerReference{
			APIVersion: "v1", Kind: "ReplicationController", Name: "web", UID: uid, Controller: controller,
		})
	}
}

func TestJudge(t *testing.T) {
	other := labeled(sdk.Labels{{Key: "app", Value: "db"}})
	tests := map[string]struct {
		reason   string
		pod      *Pod
		deleting bool
		want     claim
	}{
		"Ours":           {reason: "owner and labels fit", pod: pod("a", ownedBy("uid-rc", true)), want: claimKeep},
		"OursOfDeleting": {reason: "a dying controller still counts its pods", pod: pod("a", ownedBy("uid-rc", true)), deleting: true, want: claimKeep},
		"Orphan":         {reason: "no controller owns it and the labels fit", pod: pod("a"), want: claimAdopt},
		"OwnedNotControlled": {
			reason: "an owner that is not the controller leaves the pod to be adopted",
			pod:    pod("a", ownedBy("uid-other", false)), want: claimAdopt,
		},
		"OrphanOfDeleting": {reason: "a dying controller adopts nothing", pod: pod("a"), deleting: true, want: claimNone},
		"Foreign":          {reason: "somebody else's pod stays that, whatever its labels", pod: pod("a", ownedBy("uid-other", true)), want: claimNone},
		"Namesake": {
			reason: "the uid decides: the owner was an object of the same name",
			pod:    pod("a", ownedBy("uid-old", true)), want: claimNone,
		},
		"Relabeled":           {reason: "somebody took it out by its label", pod: pod("a", ownedBy("uid-rc", true), other), want: claimRelease},
		"RelabeledOfDeleting": {reason: "a dying controller releases nothing", pod: pod("a", ownedBy("uid-rc", true), other), deleting: true, want: claimNone},
		"Unrelated":           {reason: "neither owner nor labels", pod: pod("a", other), want: claimNone},
		"MoreLabels": {
			reason: "labels beside the selector's do not matter",
			pod:    pod("a", labeled(sdk.Labels{{Key: "app", Value: "web"}, {Key: "x", Value: "y"}})), want: claimAdopt,
		},
		"EmptyValue": {
			reason: "a label that is absent is not one with an empty value",
			pod:    pod("a", labeled(nil)), want: claimNone,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rc := controllerOf(1)
			if name == "EmptyValue" {
				rc.Spec.Selector = sdk.Labels{{Key: "app"}}
			}
			if tt.deleting {
				rc.DeletionTimestamp = ago(time.Second)
			}
			if got := judge(rc, tt.pod); got != tt.want {
				t.Errorf("%s: judge(pod with labels %v, owners %v) = %d, want %d",
					tt.reason, tt.pod.Labels, tt.pod.OwnerReferences, got, tt.want)
			}
		})
	}
}

func TestSelector(t *testing.T) {
	rc := controllerOf(1)
	rc.Spec.Selector = nil
	if judge(rc, pod("a")) != claimNone || judge(rc, pod("a", labeled(rc.Spec.Template.Metadata.Labels))) != claimAdopt {
		t.Error("without selector the template's labels must select, all of them")
	}
	rc.Spec.Template.Metadata.Labels = nil
	if got := judge(rc, pod("a")); got != claimNone {
		t.Errorf("judge with neither selector nor template labels = %d, want %d: nothing selects nothing", got, claimNone)
	}
}

func TestActive(t *testing.T) {
	tests := map[string]struct {
		pod  *Pod
		want bool
	}{
		"Running":   {pod("a"), true},
		"Pending":   {pod("a", inPhase(phasePending)), true},
		"New":       {pod("a", inPhase("")), true},
		"Unknown":   {pod("a", inPhase("Unknown")), true},
		"Succeeded": {pod("a", inPhase(phaseSucceeded)), false},
		"Failed":    {pod("a", inPhase(phaseFailed)), false},
		"Deleting":  {pod("a", deletedAt(ago(-30*time.Second))), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.pod.active(); got != tt.want {
				t.Errorf("active() of a pod in phase %q = %t, want %t", tt.pod.Status.Phase, got, tt.want)
			}
		})
	}
}

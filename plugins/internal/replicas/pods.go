// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicas

import (
	"context"
	"slices"

	"github.com/wasm-controller-manager/wcm/plugins/internal/claim"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// Template is what pods are made of. Only the parts that the API server
// copies by field are taken apart; the spec goes from the template into the
// pod as it came.
type Template struct {
	Metadata struct {
		Labels      sdk.Labels `json:"labels"`
		Annotations sdk.Labels `json:"annotations"`
		Finalizers  []string   `json:"finalizers"`
	} `json:"metadata"`
	Spec sdk.Raw `json:"spec"`
}

// newPod is a pod as it is created.
type newPod struct {
	sdk.Metadata
	sdk.Annotations
	Spec sdk.Raw `json:"spec"`
}

// podFor returns a pod made from the template. The API server completes its name.
func podFor(owner *Owner, reference sdk.OwnerReference) *newPod {
	template := owner.Template
	p := &newPod{Spec: template.Spec}
	p.Namespace = owner.Namespace
	p.GenerateName = owner.Name + "-"
	p.Labels = template.Metadata.Labels
	p.Annotations.Annotations = template.Metadata.Annotations
	p.Finalizers = template.Metadata.Finalizers
	p.OwnerReferences = []sdk.OwnerReference{reference}
	return p
}

// createPods creates n pods and returns those that were made and the first
// error. After a batch with an error it stops: a hopeless template or an
// exhausted quota must not cost n requests and events.
func (k *Kind[T]) createPods(ctx context.Context, owner *Owner, n int) (created []*Pod, first error) {
	pod := podFor(owner, sdk.ControllerRef(owner, k.Owners))
	for pods, errs := range k.Pods.SlowStart(ctx, n, pod) {
		for _, p := range pods {
			k.Owners.Event(ctx, owner, sdk.Normal, reasonSuccessfulCreate, "Created pod: "+p.Name)
		}
		created = append(created, pods...)
		hopeless := false
		for _, err := range errs {
			if sdk.HasCause(err, causeNamespaceTerminating) {
				hopeless = true // and nobody's fault
				continue
			}
			k.Owners.Event(ctx, owner, sdk.Warning, reasonFailedCreate, "Error creating: "+words(err))
			first = earlier(first, err)
		}
		if first != nil || hopeless {
			return created, first
		}
	}
	return created, nil
}

// deletePods deletes n of the active pods and returns the others and the
// first error. A pod that is gone already, or replaced by a namesake, is as
// good as deleted.
func (k *Kind[T]) deletePods(ctx context.Context, owner *Owner, active []*Pod, n int) (left []*Pod, first error) {
	chosen := active
	if n < len(active) {
		onNode, err := k.onNodes(ctx, owner, active)
		if err != nil {
			return active, err
		}
		chosen = firstToDelete(active, onNode, n, sdk.Now(ctx))
	}
	targets := make([]sdk.Target, len(chosen))
	for i, p := range chosen {
		targets[i] = p
	}
	gone := map[string]bool{}
	for i, err := range k.Pods.DeleteAll(ctx, targets) {
		p := chosen[i]
		switch {
		case err == nil:
			k.Owners.Event(ctx, owner, sdk.Normal, reasonSuccessfulDelete, "Deleted pod: "+p.Name)
		case !claim.Vanished(err):
			k.Owners.Event(ctx, owner, sdk.Warning, reasonFailedDelete, "Error deleting: "+words(err))
			first = earlier(first, err)
			continue
		}
		gone[p.UID] = true
	}
	return slices.DeleteFunc(active, func(p *Pod) bool { return gone[p.UID] }), first
}

// onNodes counts the active pods of the owner and its siblings by node.
func (k *Kind[T]) onNodes(ctx context.Context, owner *Owner, active []*Pod) (map[string]int, error) {
	onNode := map[string]int{}
	for _, p := range active {
		onNode[p.Spec.NodeName]++
	}
	if k.Siblings == nil {
		return onNode, nil
	}
	siblings, err := k.Siblings(ctx, owner)
	for i := range siblings {
		if p := &siblings[i]; p.active() {
			onNode[p.Spec.NodeName]++
		}
	}
	return onNode, err
}

// earlier returns the first error that there is.
func earlier(first, err error) error {
	if first != nil {
		return first
	}
	return err
}

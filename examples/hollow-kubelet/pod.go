// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// reconcilePod takes the next step of a pod's life. One step is one write;
// its change of the pod wakes the controller for the step after it.
func reconcilePod(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	pod, err := pods.Get(ctx, req.Key)
	if err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	s := settings.Get(ctx)
	step := s.next(pod, sdk.Now(ctx))
	if silent, err := onSilentNode(ctx, pod); err != nil || silent {
		return sdk.Result{}, err
	}
	err = s.act(ctx, pod, step.action)
	if sdk.IsNotFound(err) || sdk.IsConflict(err) {
		err = nil // the pod is gone, or has changed and wakes the controller again
	}
	return sdk.Result{RequeueAfter: step.wait}, err
}

func (s *Settings) act(ctx context.Context, p *Pod, a action) error {
	now, index := sdk.Now(ctx), s.index(p.Spec.NodeName)
	switch a {
	case actionBind:
		return bind(ctx, p, s.nodeName(spread(p.UID, s.Count)))
	case actionStart:
		return writeStatus(ctx, p, starting(p, nodeAddress(index).String(), now))
	case actionRun:
		podIP, err := freeAddress(ctx, p, index)
		if err != nil {
			return err
		}
		return writeStatus(ctx, p, running(p, nodeAddress(index).String(), podIP, now))
	case actionReady:
		return writeStatus(ctx, p, ready(p, now))
	case actionFinish:
		return writeStatus(ctx, p, finished(p, now))
	case actionRemove:
		return pods.Delete(ctx, p, sdk.GracePeriod(0), sdk.PreconditionUID(p.UID))
	}
	return nil
}

// onSilentNode reports whether nothing is heard of the pod's node.
func onSilentNode(ctx context.Context, p *Pod) (bool, error) {
	if p.Spec.NodeName == "" {
		return false, nil
	}
	node, err := nodes.Get(ctx, sdk.Key{Name: p.Spec.NodeName})
	if err != nil {
		return false, sdk.IgnoreNotFound(err)
	}
	return node.silent(), nil
}

// podsOf wakes the pods of a node that is no longer silent.
func podsOf(ctx context.Context, change sdk.Change[Node]) []sdk.Key {
	if change.Before == nil || change.After == nil || !change.Before.silent() || change.After.silent() {
		return nil
	}
	var keys []sdk.Key
	for pod, err := range pods.All(ctx, sdk.ByField("spec.nodeName", change.After.Name)) {
		if err != nil {
			sdk.LoggerFrom(ctx).Error(err, "the pods of the node are not known", "node", change.After.Name)
			return keys
		}
		keys = append(keys, pod.Key())
	}
	return keys
}

// binding places a pod on a node, as a scheduler does.
type binding struct {
	APIVersion string     `json:"apiVersion"`
	Kind       string     `json:"kind"`
	Metadata   sdk.Header `json:"metadata"`
	Target     struct {
		Kind string `json:"kind"`
		Name string `json:"name"`
	} `json:"target"`
}

func bind(ctx context.Context, p *Pod, node string) error {
	b := binding{APIVersion: "v1", Kind: "Binding"}
	b.Metadata = sdk.Header{Namespace: p.Namespace, Name: p.Name, UID: p.UID}
	b.Target.Kind, b.Target.Name = "Node", node
	_, err := pods.Create(ctx, &b, sdk.Subresource("binding"), sdk.InNamespace(p.Namespace), sdk.Named(p.Name))
	return err
}

func writeStatus(ctx context.Context, p *Pod, status podStatus) error {
	change := struct {
		Status podStatus `json:"status"`
	}{status}
	_, err := pods.Patch(ctx, p, sdk.StrategicPatch(change), sdk.Subresource("status"),
		sdk.PreconditionUID(p.UID), sdk.Unchanged(p))
	return err
}

var errNoAddress = errors.New("the node has no free address for the pod")

// freeAddress returns an address of the node that no other pod has. The index
// of the host makes a try a look-up, and the first one almost always succeeds.
func freeAddress(ctx context.Context, p *Pod, index int) (string, error) {
	for attempt := range uint16(1000) {
		candidate := podAddress(index, p.UID, attempt).String()
		holders, err := pods.List(ctx, sdk.ByField("status.podIP", candidate))
		if err != nil {
			return "", err
		}
		if len(holders) == 0 || holders[0].UID == p.UID {
			return candidate, nil
		}
	}
	return "", errNoAddress
}

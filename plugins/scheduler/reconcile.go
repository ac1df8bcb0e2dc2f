// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package scheduler

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// budget is how long a batch goes on to place pods. The rest is for the next
// one, which begins at once, and sees what has changed meanwhile.
const budget = 5 * time.Second

// refusedWait is when a pod is tried again whose binding the API server refuses.
// That is no failure of the batch, which would be tried again at once.
const refusedWait = 30 * time.Second

// errRefused says that the API server does not let a pod be bound.
var errRefused = errors.New("the binding is refused")

// reconcile places the pods that wait, highest priority first, then in the
// order in which they were created.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	name := settings.Get(ctx).SchedulerName
	waiting, err := pods.List(ctx, sdk.ByField("spec.nodeName", ""))
	if err != nil || !slices.ContainsFunc(waiting, func(p Pod) bool { return p.waits(name) }) {
		return sdk.Result{}, err
	}
	c, all, err := readCluster(ctx, req.Attempt > 0)
	if err != nil {
		return sdk.Result{}, err
	}
	queue := queueOf(all, name)
	began := sdk.Now(ctx)
	var failed []error
	var result sdk.Result
	for _, pod := range queue {
		if sdk.Now(ctx).Sub(began) > budget {
			return sdk.Result{RequeueAfter: time.Millisecond}, errors.Join(failed...)
		}
		switch err := schedule(ctx, c, pod); {
		case errors.Is(err, errRefused):
			result.RequeueAfter = refusedWait
		case err != nil:
			failed = append(failed, err)
		}
	}
	return result, errors.Join(failed...)
}

// readCluster reads what pods are placed by. After a failed batch the API server
// itself is asked for the pods: a binding that timed out may have been made.
func readCluster(ctx context.Context, live bool) (*cluster, []Pod, error) {
	var options []sdk.ListOption
	if live {
		options = append(options, sdk.Live())
	}
	allPods, err := pods.List(ctx, options...)
	if err != nil {
		return nil, nil, err
	}
	allNodes, err := nodes.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	allNamespaces, err := namespaces.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	return newCluster(allNodes, allPods, allNamespaces), allPods, nil
}

// waits reports whether the pod is to be placed by the scheduler of the name.
func (p *Pod) waits(scheduler string) bool {
	return p.Spec.NodeName == "" && p.Spec.SchedulerName == scheduler && len(p.Spec.SchedulingGates) == 0 &&
		!p.Deleting() && !p.ended()
}

func queueOf(pods []Pod, scheduler string) []*Pod {
	var queue []*Pod
	for i := range pods {
		if pods[i].waits(scheduler) {
			queue = append(queue, &pods[i])
		}
	}
	slices.SortFunc(queue, func(a, b *Pod) int {
		return cmp.Or(cmp.Compare(b.Spec.Priority, a.Spec.Priority), a.CreationTimestamp.Compare(b.CreationTimestamp.Time),
			cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return queue
}

// schedule binds a pod to the best node, or says why there is none.
func schedule(ctx context.Context, c *cluster, p *Pod) error {
	y := newCycle(c, p)
	var feasible []*node
	why := map[string]int{}
	for _, n := range c.nodes {
		refusals := y.refusals(n)
		if len(refusals) == 0 {
			feasible = append(feasible, n)
		}
		for _, reason := range refusals {
			why[reason]++
		}
	}
	if len(feasible) == 0 {
		return reportWaiting(ctx, p, reasonNoNode, unavailable(len(c.nodes), why))
	}
	n := y.best(feasible)
	err := bind(ctx, p, n.Name)
	switch {
	case sdk.IsNotFound(err):
		return nil
	case sdk.IsConflict(err):
		return c.overtaken(ctx, p)
	case sdk.IsForbidden(err) || sdk.IsInvalid(err):
		return errors.Join(errRefused, reportWaiting(ctx, p, reasonError, "binding rejected: "+err.Error()))
	}
	c.place(p, n) // also after an error: the binding may have been made
	if err != nil {
		return err
	}
	pods.Event(ctx, p, sdk.Normal, "Scheduled", "Successfully assigned "+p.Key().String()+" to "+n.Name)
	return nil
}

// overtaken takes account of a pod that somebody else has bound, or this plugin
// in a write whose answer was lost.
func (c *cluster) overtaken(ctx context.Context, p *Pod) error {
	bound, err := pods.Get(ctx, p.Key(), sdk.Live())
	if err != nil {
		return sdk.IgnoreNotFound(err)
	}
	if n := c.byName[bound.Spec.NodeName]; n != nil {
		c.place(bound, n)
	}
	return nil
}

// unavailable says why no node will do, with how many nodes have each reason.
func unavailable(nodes int, why map[string]int) string {
	if nodes == 0 {
		return "no nodes available to schedule pods"
	}
	var reasons []string
	for reason, count := range why {
		reasons = append(reasons, strconv.Itoa(count)+" "+reason)
	}
	slices.Sort(reasons)
	return "0/" + strconv.Itoa(nodes) + " nodes are available: " + strings.Join(reasons, ", ") + "."
}

// binding places a pod on a node.
type binding struct {
	APIVersion string     `json:"apiVersion"`
	Kind       string     `json:"kind"`
	Metadata   sdk.Header `json:"metadata"`
	Target     struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Name       string `json:"name"`
	} `json:"target"`
}

func bind(ctx context.Context, p *Pod, node string) error {
	b := binding{APIVersion: "v1", Kind: "Binding"}
	b.Metadata = sdk.Header{Namespace: p.Namespace, Name: p.Name, UID: p.UID}
	b.Target.APIVersion, b.Target.Kind, b.Target.Name = "v1", "Node", node
	_, err := pods.Create(ctx, &b, sdk.Subresource("binding"), sdk.InNamespace(p.Namespace), sdk.Named(p.Name))
	return err
}

const (
	conditionScheduled = "PodScheduled"
	reasonNoNode       = "Unschedulable"
	reasonError        = "SchedulerError"
)

// reportWaiting writes condition and event, unless they say so already.
func reportWaiting(ctx context.Context, p *Pod, reason, message string) error {
	condition := Condition{
		Type: conditionScheduled, Status: "False", Reason: reason, Message: message,
		LastTransitionTime: sdk.NewTime(sdk.Now(ctx)),
	}
	if i := slices.IndexFunc(p.Status.Conditions, func(c Condition) bool { return c.Type == conditionScheduled }); i >= 0 {
		old := p.Status.Conditions[i]
		if old.Status == condition.Status {
			condition.LastTransitionTime = old.LastTransitionTime
		}
		if old == condition {
			return nil
		}
	}
	change := struct {
		Status struct {
			Conditions []Condition `json:"conditions"`
		} `json:"status"`
	}{}
	change.Status.Conditions = []Condition{condition}
	_, err := pods.Patch(ctx, p, sdk.StrategicPatch(change), sdk.Subresource("status"), sdk.PreconditionUID(p.UID))
	if sdk.IsNotFound(err) || sdk.IsConflict(err) {
		return nil // there is another pod of the name, or none
	}
	if err != nil {
		return err
	}
	pods.Event(ctx, p, sdk.Warning, "FailedScheduling", message)
	return nil
}

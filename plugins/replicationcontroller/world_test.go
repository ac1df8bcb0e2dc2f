// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicationcontroller

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

func init() { Register() }

var webKey = sdk.Key{Namespace: "default", Name: "web"}

// web is a replication controller with everything in its template that ends
// up in a pod.
func web(replicas int) string {
	return fmt.Sprintf(`{
		"apiVersion": "v1", "kind": "ReplicationController",
		"metadata": {"namespace": "default", "name": "web", "generation": 1},
		"spec": {
			"replicas": %d,
			"selector": {"app": "web"},
			"template": {
				"metadata": {
					"labels": {"app": "web", "tier": "front"},
					"annotations": {"note": "hello"},
					"finalizers": ["example.com/keep"]
				},
				"spec": {"containers": [{"name": "c", "image": "nginx"}], "unknownToThePlugin": {"x": [1, 2.50]}}
			}
		}
	}`, replicas)
}

// plain is [web] without finalizers, so that deleted pods go.
func plain(replicas int) string {
	return strings.Replace(web(replicas), `"example.com/keep"`, "", 1)
}

// orphan is a pod that nobody owns.
func orphan(name, labels string) string {
	return fmt.Sprintf(`{"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "default", "name": %q, "labels": %s}}`, name, labels)
}

// world is an environment with the questions that the tests ask.
type world struct {
	*sdktest.Env
	t *testing.T
}

func newWorld(t *testing.T, objects ...any) *world { return &world{sdktest.New(t, objects...), t} }

// settle expects that everything succeeds.
func (w *world) settle() {
	w.t.Helper()
	if err := w.Settle(); err != nil {
		w.t.Fatalf("Settle: %v", err)
	}
}

// scale changes spec.replicas as the API server does for the scale subresource.
func (w *world) scale(replicas int) {
	w.Patch("ReplicationController", webKey, fmt.Sprintf(`{"spec":{"replicas":%d}}`, replicas))
}

// live returns the pods that the controller owns and that are not on their way out.
func (w *world) live() []sdktest.Object {
	var live []sdktest.Object
	for _, p := range w.List("Pod") {
		phase := p.Text("status.phase")
		if p.Text("metadata.ownerReferences.0.name") == "web" && p.Field("metadata.deletionTimestamp") == nil &&
			phase != "Succeeded" && phase != "Failed" {
			live = append(live, p)
		}
	}
	return live
}

func (w *world) wantLive(n int) []sdktest.Object {
	w.t.Helper()
	live := w.live()
	if len(live) != n {
		w.t.Fatalf("live pods: got %d, want %d", len(live), n)
	}
	return live
}

// status returns the counts of the status and the generation, "3/3/2/1 of 4"
// for example, in the order in which each is a part of the one before.
func (w *world) status() string {
	o := w.Get("ReplicationController", webKey)
	var counts []string
	for _, name := range []string{"replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas"} {
		counts = append(counts, o.Text("status."+name))
	}
	return strings.Join(counts, "/") + " of " + o.Text("status.observedGeneration")
}

func (w *world) wantStatus(want string) {
	w.t.Helper()
	if got := w.status(); got != want {
		w.t.Errorf("status: got %q, want %q", got, want)
	}
}

// condition returns reason and message of the condition ReplicaFailure.
func (w *world) condition() string {
	o := w.Get("ReplicationController", webKey)
	if o.Text("status.conditions.0.type") != "ReplicaFailure" {
		return ""
	}
	return o.Text("status.conditions.0.reason") + ": " + o.Text("status.conditions.0.message")
}

// makeReady lets the pod run and be ready from now on.
func (w *world) makeReady(p sdktest.Object) {
	w.Patch("Pod", p.Key(), fmt.Sprintf(
		`{"spec":{"nodeName":"n1"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True","lastTransitionTime":%q}]}}`,
		w.Now().Format("2006-01-02T15:04:05Z")))
}

// refuse fails every operation of the kind, "create v1/pods" for example,
// until the function that it returns is called.
func (w *world) refuse(what string, err *sdk.APIError) (mend func()) {
	w.OnOperation = func(o sdktest.Operation) error {
		if o.Op.String()+" "+o.Resource == what {
			return err
		}
		return nil
	}
	return func() { w.OnOperation = nil }
}

// writes counts the writes so far, "create v1/pods" for example.
func (w *world) writes() map[string]int {
	counts := map[string]int{}
	for _, o := range w.Writes() {
		what := o.Op.String() + " " + o.Resource
		if o.Subresource != "" {
			what += "/" + o.Subresource
		}
		counts[what]++
	}
	return counts
}

// reasons returns the events as "Reason: message", with numbers that names of
// pods end in left out.
func (w *world) reasons() []string {
	var reasons []string
	for _, e := range w.Events() {
		reasons = append(reasons, e.Type+" "+e.Reason+": "+e.Message)
	}
	return reasons
}

var (
	errQuota       = &sdk.APIError{Status: abi.StatusForbidden, Reason: "Forbidden", Message: "exceeded quota: q"}
	errTerminating = &sdk.APIError{
		Status: abi.StatusForbidden, Reason: "Forbidden",
		Message: "it is being terminated", Causes: []string{"NamespaceTerminating"},
	}
)

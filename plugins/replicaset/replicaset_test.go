// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicaset

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

// What ReplicaSets and ReplicationControllers have in common is tested with the
// latter; here is what is different.

func TestMain(m *testing.M) {
	Register()
	os.Exit(m.Run())
}

var webKey = sdk.Key{Namespace: "default", Name: "web"}

// web is a ReplicaSet with a selector of both forms.
func web(replicas int) string { return set("web", "", replicas) }

// set is a ReplicaSet, whose controller owner has the uid if there is one.
func set(name, deployment string, replicas int) string {
	owner := ""
	if deployment != "" {
		owner = fmt.Sprintf(`{"apiVersion": "apps/v1", "kind": "Deployment", "name": "d", "uid": %q, "controller": true}`, deployment)
	}
	return fmt.Sprintf(`{
		"apiVersion": "apps/v1", "kind": "ReplicaSet",
		"metadata": {"namespace": "default", "name": %[1]q, "uid": "uid-%[1]s", "ownerReferences": [%[2]s]},
		"spec": {
			"replicas": %[3]d,
			"selector": {
				"matchLabels": {"app": %[1]q},
				"matchExpressions": [{"key": "tier", "operator": "In", "values": ["front", "back"]}, {"key": "canary", "operator": "DoesNotExist"}]
			},
			"template": {
				"metadata": {"labels": {"app": %[1]q, "tier": "front", "extra": "x"}},
				"spec": {"containers": [{"name": "c", "image": "nginx"}]}
			}
		}
	}`, name, owner, replicas)
}

// podOf is a pod with these labels, on a node, of the ReplicaSet if it has a name.
func podOf(name, set, labels, node string) string {
	owner := ""
	if set != "" {
		owner = fmt.Sprintf(`{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": %[1]q, "uid": "uid-%[1]s", "controller": true}`, set)
	}
	return fmt.Sprintf(`{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": {"namespace": "default", "name": %q, "labels": %s, "ownerReferences": [%s], "creationTimestamp": "2029-12-31T00:00:00Z"},
		"spec": {"nodeName": %q},
		"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2029-12-31T00:00:00Z"}]}
	}`, name, labels, owner, node)
}

const front = `{"app": "web", "tier": "front"}`

type world struct {
	*sdktest.Env
	t *testing.T
}

func newWorld(t *testing.T, objects ...any) *world { return &world{sdktest.New(t, objects...), t} }

func (w *world) settle() {
	w.t.Helper()
	if err := w.Settle(); err != nil {
		w.t.Fatalf("Settle: %v", err)
	}
}

// wantStatus expects the counts: all, fully labeled, ready, available, terminating.
func (w *world) wantStatus(want string) {
	w.t.Helper()
	o := w.Get("ReplicaSet", webKey)
	var counts []string
	for _, name := range []string{"replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "terminatingReplicas"} {
		counts = append(counts, o.Text("status."+name))
	}
	if got := strings.Join(counts, "/"); got != want {
		w.t.Errorf("status: got %s, want %s", got, want)
	}
}

// names returns the names of the pods that are not being deleted.
func (w *world) names() []string {
	var names []string
	for _, p := range w.List("Pod") {
		if p.Field("metadata.deletionTimestamp") == nil {
			names = append(names, p.Key().Name)
		}
	}
	return names
}

func TestCreate(t *testing.T) {
	w := newWorld(t, web(2))
	w.settle()
	pods := w.List("Pod")
	if len(pods) != 2 {
		t.Fatalf("pods: got %d, want 2", len(pods))
	}
	want := map[string]string{
		"metadata.generateName":    "web-",
		"metadata.labels":          "map[app:web extra:x tier:front]",
		"metadata.ownerReferences": "[map[apiVersion:apps/v1 blockOwnerDeletion:true controller:true kind:ReplicaSet name:web uid:uid-web]]",
		"spec":                     "map[containers:[map[image:nginx name:c]]]",
	}
	for path, text := range want {
		if got := pods[0].Text(path); got != text {
			t.Errorf("%s of a pod: got %s, want %s", path, got, text)
		}
	}
	w.wantStatus("2/2/0/0/0")
	for _, e := range w.Events() {
		if e.Source != "replicaset-controller" || e.Reason != "SuccessfulCreate" {
			t.Errorf("event: got %+v, want SuccessfulCreate of replicaset-controller", e)
		}
	}
}

func TestSelector(t *testing.T) {
	tests := map[string]struct {
		reason string
		labels string
		want   bool
	}{
		"Matches":    {"all requirements hold", front, true},
		"OtherValue": {"the other value of the set", `{"app": "web", "tier": "back"}`, true},
		"NotInSet":   {"a value that is not in the set", `{"app": "web", "tier": "middle"}`, false},
		"Absent":     {"the label of the set is absent", `{"app": "web"}`, false},
		"MustNotBe":  {"a label that must not be there", `{"app": "web", "tier": "front", "canary": "yes"}`, false},
		"OtherApp":   {"another value of the plain label", `{"app": "db", "tier": "front"}`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, web(0), podOf("orphan", "", tt.labels, "n1"), podOf("owned", "web", tt.labels, "n1"))
			w.Patch("ReplicaSet", webKey, `{"spec":{"replicas":2}}`)
			w.settle()
			for _, p := range []string{"orphan", "owned"} {
				o := w.Get("Pod", sdk.Key{Namespace: "default", Name: p})
				if got := o.Text("metadata.ownerReferences.0.name") == "web"; got != tt.want {
					t.Errorf("%s: the %s pod is of the ReplicaSet: got %t, want %t", tt.reason, p, got, tt.want)
				}
			}
		})
	}
}

func TestTerminating(t *testing.T) {
	w := newWorld(t, web(2),
		podOf("a", "web", front, "n1"), podOf("b", "web", front, "n1"),
		podOf("other", "", `{"app": "db"}`, "n1"))
	w.settle()
	w.wantStatus("2/0/2/2/0")
	w.Delete("Pod", sdk.Key{Namespace: "default", Name: "a"}) // its node lets it end
	w.Delete("Pod", sdk.Key{Namespace: "default", Name: "other"})
	w.settle()
	w.wantStatus("2/1/1/1/1")
	w.Patch("Pod", sdk.Key{Namespace: "default", Name: "a"}, `{"status":{"phase":"Succeeded"}}`)
	w.settle()
	w.wantStatus("2/1/1/1/0") // it has ended, though its object is still there
}

func TestTerminatingIsGone(t *testing.T) {
	w := newWorld(t, web(0), podOf("a", "web", front, "n1"))
	w.settle()
	w.wantStatus("0/0/0/0/1")
	w.Kill("Pod", sdk.Key{Namespace: "default", Name: "a"})
	w.settle()
	w.wantStatus("0/0/0/0/0")
}

// TestScaleDownRelievesNodes has pods of another revision of the same
// Deployment on a node: it has more of them than the other nodes.
func TestScaleDownRelievesNodes(t *testing.T) {
	tests := map[string]struct {
		reason       string
		ours, theirs string // the Deployments' uids
		phase        string // of the pod of the other revision
		want         []string
	}{
		"SameOwner": {
			reason: "n2 has a pod of the other revision besides", ours: "d1", theirs: "d1", phase: "Running",
			want: []string{"a", "sibling"},
		},
		"OtherOwner": {
			reason: "another Deployment's pods do not count, so the dear one stays", ours: "d1", theirs: "d2", phase: "Running",
			want: []string{"b", "sibling"},
		},
		"NoOwner": {
			reason: "without a Deployment nobody else's pods count", ours: "", theirs: "", phase: "Running",
			want: []string{"b", "sibling"},
		},
		"Finished": {
			reason: "a pod that has ended takes no room", ours: "d1", theirs: "d1", phase: "Failed",
			want: []string{"b", "sibling"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, set("web", tt.ours, 2), set("other", tt.theirs, 1),
				podOf("a", "web", front, "n1"), podOf("b", "web", front, "n2"),
				podOf("sibling", "other", `{"app": "other", "tier": "front"}`, "n2"))
			w.Patch("Pod", sdk.Key{Namespace: "default", Name: "sibling"}, `{"status":{"phase":"`+tt.phase+`"}}`)
			// Where the nodes are even, b has been ready for longer.
			w.Patch("Pod", sdk.Key{Namespace: "default", Name: "b"}, `{"status":{"conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2029-01-01T00:00:00Z"}]}}`)
			w.Patch("ReplicaSet", webKey, `{"spec":{"replicas":1}}`)
			if _, err := w.Reconcile(Name, webKey); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, w.names()); diff != "" {
				t.Errorf("%s: pods left (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

func TestMinReadySeconds(t *testing.T) {
	w := newWorld(t, strings.Replace(web(1), `"replicas": 1`, `"replicas": 1, "minReadySeconds": 30`, 1))
	w.settle()
	ready := fmt.Sprintf(`{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True","lastTransitionTime":%q}]}}`, w.Now().Format(time.RFC3339))
	w.Patch("Pod", w.List("Pod")[0].Key(), ready)
	w.settle()
	w.wantStatus("1/1/1/0/0")
	w.Advance(30 * time.Second)
	w.settle()
	w.wantStatus("1/1/1/1/0")
}

// TestOthersConditionsStay has somebody write a condition that the cache of a
// reconcile does not have yet.
func TestOthersConditionsStay(t *testing.T) {
	w := newWorld(t, web(1))
	w.settle()
	w.OnOperation = func(o sdktest.Operation) error {
		if o.Subresource == "status" && strings.Contains(o.Body, "conditions") {
			t.Errorf("status write %s: want it without the conditions, which did not change", o.Body)
		}
		return nil
	}
	w.Patch("ReplicaSet", webKey, `{"spec":{"replicas":2},"status":{"conditions":[{"type":"Mine","status":"True"}]}}`)
	w.settle()
	if got := w.Get("ReplicaSet", webKey).Text("status.conditions.0.type"); got != "Mine" {
		t.Errorf("the condition of somebody else: got %q, want Mine", got)
	}
	w.wantStatus("2/2/0/0/0")
}

func TestReplicaFailure(t *testing.T) {
	w := newWorld(t, web(1))
	w.Patch("ReplicaSet", webKey, `{"status":{"conditions":[{"type":"Mine","status":"True"}]}}`)
	w.OnOperation = func(o sdktest.Operation) error {
		if o.Op.String() == "create" {
			return &sdk.APIError{Status: abi.StatusForbidden, Reason: "Forbidden", Message: "exceeded quota: q"}
		}
		return nil
	}
	if err := w.Settle(); err == nil {
		t.Fatal("Settle: got no error, want the quota's")
	}
	o := w.Get("ReplicaSet", webKey)
	if got := o.Text("status.conditions.0.type") + " " + o.Text("status.conditions.1.type") + " " + o.Text("status.conditions.1.reason"); got != "Mine ReplicaFailure FailedCreate" {
		t.Errorf("conditions: got %s, want Mine and ReplicaFailure because of FailedCreate", got)
	}
	w.OnOperation = nil
	w.Patch("ReplicaSet", webKey, `{"metadata":{"labels":{"x":"y"}}}`)
	w.settle()
	if got, _ := w.Get("ReplicaSet", webKey).Field("status.conditions").([]any); len(got) != 1 {
		t.Errorf("conditions after the quota was raised: got %v, want Mine alone", got)
	}
}

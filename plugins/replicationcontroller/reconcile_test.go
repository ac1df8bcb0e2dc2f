// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package replicationcontroller

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

func TestCreate(t *testing.T) {
	w := newWorld(t, web(2))
	w.settle()
	live := w.wantLive(2)
	w.wantStatus("2/2/0/0 of 1")

	uid := w.Get("ReplicationController", webKey).Text("metadata.uid")
	want := map[string]string{
		"metadata.labels":          `map[app:web tier:front]`,
		"metadata.annotations":     `map[note:hello]`,
		"metadata.finalizers":      `[example.com/keep]`,
		"metadata.generateName":    "web-",
		"metadata.ownerReferences": "[map[apiVersion:v1 blockOwnerDeletion:true controller:true kind:ReplicationController name:web uid:" + uid + "]]",
		"spec":                     `map[containers:[map[image:nginx name:c]] unknownToThePlugin:map[x:[1 2.50]]]`,
	}
	for path, text := range want {
		if got := live[0].Text(path); got != text {
			t.Errorf("%s of a pod: got %s, want %s", path, got, text)
		}
	}
	events := []string{
		"Normal SuccessfulCreate: Created pod: " + live[0].Key().Name,
		"Normal SuccessfulCreate: Created pod: " + live[1].Key().Name,
	}
	if diff := cmp.Diff(events, w.reasons()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if got := w.Events()[0].Source; got != "replication-controller" {
		t.Errorf("source of the events: got %q, want replication-controller", got)
	}
	requests := map[string]int{"create v1/pods": 2, "patch v1/replicationcontrollers/status": 1}
	if diff := cmp.Diff(requests, w.writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

func TestDefaultReplicas(t *testing.T) {
	w := newWorld(t, strings.Replace(web(0), `"replicas": 0,`, "", 1))
	w.settle()
	w.wantLive(1)
}

func TestReplace(t *testing.T) {
	w := newWorld(t, plain(2))
	w.settle()
	gone := w.wantLive(2)[0]
	w.Delete("Pod", gone.Key())
	w.settle()
	for _, p := range w.wantLive(2) {
		if p.Key() == gone.Key() {
			t.Errorf("pod %s lives, though it was deleted", gone.Key())
		}
	}
	w.Patch("Pod", w.live()[0].Key(), `{"status":{"phase":"Failed"}}`)
	w.settle()
	w.wantLive(2)
	if got := len(w.List("Pod")); got != 3 {
		t.Errorf("pods: got %d, want 3: a failed one stays to be looked at", got)
	}
}

func TestScale(t *testing.T) {
	w := newWorld(t, plain(1))
	for _, replicas := range []int{1, 3, 5, 2, 0} {
		w.scale(replicas)
		w.settle()
		w.wantLive(replicas)
	}
	if got := w.writes()["delete v1/pods"]; got != 5 {
		t.Errorf("deletes: got %d, want 5", got)
	}
}

func TestScaleDownTakesWhatIsNotReady(t *testing.T) {
	w := newWorld(t, plain(3))
	w.settle()
	keep := w.live()[1]
	w.makeReady(keep)
	w.scale(1)
	w.settle()
	if got := w.wantLive(1)[0].Key(); got != keep.Key() {
		t.Errorf("after scaling to 1: got %s, want the ready pod %s", got, keep.Key())
	}
}

func TestRelease(t *testing.T) {
	w := newWorld(t, plain(2))
	w.settle()
	taken := w.live()[0]
	w.Patch("Pod", taken.Key(), `{"metadata":{"labels":{"app":"debug"}}}`)
	w.settle()
	w.wantLive(2)
	w.wantStatus("2/2/0/0 of 1")
	after := w.Get("Pod", taken.Key())
	if after == nil || len(after.Text("metadata.ownerReferences")) > len("[]") {
		t.Errorf("the pod that was taken out: got %v, want it alive and without owner", after)
	}
}

func TestAdopt(t *testing.T) {
	w := newWorld(t, web(2),
		orphan("matching", `{"app":"web"}`), orphan("other", `{"app":"db"}`))
	w.settle()
	w.wantLive(2)
	if got := w.Get("Pod", sdk.Key{Namespace: "default", Name: "matching"}).Text("metadata.ownerReferences.0.name"); got != "web" {
		t.Errorf("owner of the orphan that matches: got %q, want web", got)
	}
	if got := w.Get("Pod", sdk.Key{Namespace: "default", Name: "other"}).Text("metadata.ownerReferences.0.name"); got != "" {
		t.Errorf("owner of the orphan that does not match: got %q, want none", got)
	}
	w.wantStatus("2/1/0/0 of 1")
	if got := w.writes()["create v1/pods"]; got != 1 {
		t.Errorf("pods created beside the adopted one: got %d, want 1", got)
	}
}

func TestAdoptSurplus(t *testing.T) {
	w := newWorld(t, plain(1), orphan("a", `{"app":"web"}`), orphan("b", `{"app":"web"}`))
	w.settle()
	w.wantLive(1)
}

func TestSelector(t *testing.T) {
	rc := &ReplicationController{}
	if !view(rc).Selector.Empty() {
		t.Error("with neither selector nor labels in the template: got a selector of something, want the empty one")
	}
	rc.Spec.Template.Metadata.Labels = sdk.Labels{{Key: "app", Value: "web"}, {Key: "tier", Value: "front"}}
	if got := view(rc).Selector.String(); got != "app=web,tier=front" {
		t.Errorf("selector of one that has none: got %q, want the labels of its template", got)
	}
	rc.Spec.Selector = sdk.Labels{{Key: "app", Value: "web"}}
	if got := view(rc).Selector.String(); got != "app=web" {
		t.Errorf("selector: got %q, want app=web", got)
	}
}

func TestDeletedControllerIsLeftAlone(t *testing.T) {
	w := newWorld(t, strings.Replace(plain(2), `"generation": 1`, `"finalizers": ["orphan"]`, 1))
	w.settle()
	w.Delete("ReplicationController", webKey)
	w.Delete("Pod", w.live()[0].Key())
	w.settle()
	w.wantLive(1)
	if got := w.Get("ReplicationController", webKey).Text("status.replicas"); got != "1" {
		t.Errorf("status.replicas while it is being deleted: got %s, want 1", got)
	}
}

func TestQuota(t *testing.T) {
	w := newWorld(t, web(5))
	mend := w.refuse("create v1/pods", errQuota)
	if err := w.Settle(); err == nil || !strings.Contains(err.Error(), "exceeded quota: q") {
		t.Fatalf("Settle: got error %v, want the quota's", err)
	}
	if got, want := w.condition(), "FailedCreate: exceeded quota: q"; got != want {
		t.Errorf("condition: got %q, want %q", got, want)
	}
	if got, want := w.reasons(), []string{"Warning FailedCreate: Error creating: exceeded quota: q"}; !slices.Equal(got, want) {
		t.Errorf("events: got %v, want %v", got, want)
	}
	attempts := w.Events()[0].Count
	if statuses := w.writes()["patch v1/replicationcontrollers/status"]; statuses != 1 {
		t.Errorf("status writes during %d attempts: got %d, want 1", attempts, statuses)
	}
	w.wantStatus("0/0/0/0 of 1")

	mend()
	w.Patch("ReplicationController", webKey, `{"metadata":{"labels":{"x":"y"}}}`) // wakes it
	w.settle()
	w.wantLive(5)
	if got := w.condition(); got != "" {
		t.Errorf("condition after the quota was raised: got %q, want none", got)
	}
}

func TestQuotaInTheMiddle(t *testing.T) {
	w := newWorld(t, web(8))
	created := 0
	w.OnOperation = func(o sdktest.Operation) error {
		if o.Op.String() != "create" {
			return nil
		}
		if created++; created > 4 {
			return errQuota
		}
		return nil
	}
	if _, err := w.Reconcile(name, webKey); err == nil {
		t.Fatal("Reconcile: got no error, want the quota's")
	}
	w.wantLive(4)
	w.wantStatus("4/4/0/0 of 1")
	if created != 7 {
		t.Errorf("attempts to create: got %d, want 7: batches of 1, 2 and 4, of which the last fails", created)
	}
}

func TestNamespaceTerminating(t *testing.T) {
	w := newWorld(t, web(100))
	attempts := 0
	w.OnOperation = func(o sdktest.Operation) error {
		if o.Op.String() != "create" {
			return nil
		}
		attempts++
		return errTerminating
	}
	if _, err := w.Reconcile(name, webKey); err != nil {
		t.Errorf("Reconcile: got error %v, want none", err)
	}
	if got := w.reasons(); attempts != 1 || len(got) != 0 || w.condition() != "" {
		t.Errorf("in a namespace that is being deleted: got %d attempts, events %v, condition %q, want 1 and nothing else",
			attempts, got, w.condition())
	}
}

func TestFailedDelete(t *testing.T) {
	w := newWorld(t, plain(2))
	w.settle()
	w.scale(1)
	mend := w.refuse("delete v1/pods", &sdk.APIError{Status: errQuota.Status, Message: "not now"})
	if err := w.Settle(); err == nil {
		t.Fatal("Settle: got no error, want the refused delete's")
	}
	if got, want := w.condition(), "FailedDelete: not now"; got != want {
		t.Errorf("condition: got %q, want %q", got, want)
	}
	w.wantStatus("2/2/0/0 of 2")
	if got, want := w.reasons()[2], "Warning FailedDelete: Error deleting: not now"; got != want {
		t.Errorf("event: got %q, want %q", got, want)
	}
	mend()
	w.Patch("ReplicationController", webKey, `{"metadata":{"labels":{"x":"y"}}}`)
	w.settle()
	w.wantLive(1)
	if got := w.condition(); got != "" {
		t.Errorf("condition after the delete succeeded: got %q, want none", got)
	}
}

func TestVanishedPodsAreAsGoodAsDeleted(t *testing.T) {
	w := newWorld(t, plain(3))
	w.settle()
	w.scale(1)
	w.refuse("delete v1/pods", &sdk.APIError{Status: 1, Message: "not found"})
	if _, err := w.Reconcile(name, webKey); err != nil {
		t.Errorf("Reconcile: got error %v, want none", err)
	}
	if got := len(w.Events()); got != 3 {
		t.Errorf("events: got %d, want the 3 of the creation: %v", got, w.reasons())
	}
}

func TestMinReadySeconds(t *testing.T) {
	w := newWorld(t, strings.Replace(plain(2), `"selector"`, `"minReadySeconds": 10, "selector"`, 1))
	w.settle()
	live := w.wantLive(2)
	w.makeReady(live[0])
	w.settle()
	w.wantStatus("2/2/1/0 of 1")
	w.Advance(4 * time.Second)
	w.makeReady(live[1])
	w.settle()
	w.wantStatus("2/2/2/0 of 1")
	w.Advance(6 * time.Second)
	w.settle()
	w.wantStatus("2/2/2/1 of 1")
	w.Advance(4 * time.Second)
	w.settle()
	w.wantStatus("2/2/2/2 of 1")
}

func TestStatusIsPutRight(t *testing.T) {
	w := newWorld(t, web(2))
	w.settle()
	w.Patch("ReplicationController", webKey, `{"status":{"replicas":7}}`)
	w.settle()
	w.wantStatus("2/2/0/0 of 1")
}

func TestNothingToDoWritesNothing(t *testing.T) {
	w := newWorld(t, web(2))
	w.settle()
	before := len(w.Writes())
	for range 3 {
		if _, err := w.Reconcile(name, webKey); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(w.Writes()) - before; got != 0 {
		t.Errorf("writes of a reconcile with nothing to do: got %d, want 0", got)
	}
}

func TestGoneController(t *testing.T) {
	w := newWorld(t)
	if result, err := w.Reconcile(name, webKey); err != nil || result.RequeueAfter != 0 {
		t.Errorf("Reconcile of an object that is gone: got %+v, %v, want nothing", result, err)
	}
}

// forgetful answers the first create with an error although it is done, and
// has a cache that shows nothing until somebody has looked without it, or has
// fallen for it.
type forgetful struct {
	abi.Operator
	creates int
	looked  bool
}

func (f *forgetful) Operate(ctx context.Context, op abi.Operation, request, buffer []byte) (abi.Status, []byte) {
	var list abi.ListRequest
	if op == abi.OpList && list.Decode(request) == nil {
		if f.looked = f.looked || list.Live || f.creates > 1; !f.looked {
			return abi.StatusOK, buffer
		}
	}
	status, answer := f.Operator.Operate(ctx, op, request, buffer)
	if op == abi.OpBatch {
		if f.creates++; f.creates == 1 {
			lost := abi.WriteResult{Status: abi.StatusUnavailable, Result: (&abi.Error{Message: "timed out"}).Append(nil)}
			return abi.StatusOK, (&abi.BatchResult{Results: []abi.WriteResult{lost}}).Append(buffer)
		}
	}
	return status, answer
}

func TestCreateWithoutAnswer(t *testing.T) {
	w := &world{t: t, Env: sdktest.NewFor(t, func(operator abi.Operator, now func() time.Time) sdktest.Guest {
		return sdk.NewInstance(&forgetful{Operator: operator}, now)
	}, web(1))}
	w.settle()
	w.wantLive(1)
	w.wantStatus("1/1/0/0 of 1")
	if got := w.writes()["create v1/pods"]; got != 1 {
		t.Errorf("pods created, the first without an answer: got %d, want 1", got)
	}
}

// TestRandomInMemory is TestNeverTooMany without a cluster: quick enough to
// shrink what goes wrong by its seed.
func TestRandomInMemory(t *testing.T) {
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 0))
		w := newWorld(t, plain(0))
		asked, highest := 0, 0
		w.OnOperation = func(o sdktest.Operation) error {
			if random.IntN(20) == 0 {
				return &sdk.APIError{Status: 8, Message: "the API server is away"}
			}
			return nil
		}
		for step := range 40 {
			switch live := w.live(); random.IntN(5) {
			case 0, 1:
				asked = random.IntN(9)
				highest = max(highest, asked)
				w.scale(asked)
			case 2:
				if len(live) > 0 {
					w.Delete("Pod", live[random.IntN(len(live))].Key())
				}
			case 3:
				if len(live) > 0 {
					w.Patch("Pod", live[random.IntN(len(live))].Key(), `{"metadata":{"labels":{"app":"debug"}}}`)
				}
			case 4:
				if w.Settle() == nil {
					w.wantLive(asked)
					highest = asked
				}
			}
			_, _ = w.Reconcile(name, webKey)
			if got := len(w.live()); got > highest {
				t.Fatalf("seed %d, step %d: %d pods live, the highest number asked for since the last settle is %d", seed, step, got, highest)
			}
		}
	}
}

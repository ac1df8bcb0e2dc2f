// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

func TestCreate(t *testing.T) {
	w := newWorld(t, web(3))
	w.settle()
	sets := w.sets()
	if len(sets) != 1 {
		t.Fatalf("ReplicaSets: got %d, want 1", len(sets))
	}
	rs := sets[0]
	hash := strings.TrimPrefix(rs.Key().Name, "web-")
	wantTexts(t, rs, map[string]string{
		"metadata.labels":                            "map[app:web pod-template-hash:" + hash + "]",
		"metadata.ownerReferences":                   "[map[apiVersion:apps/v1 blockOwnerDeletion:true controller:true kind:Deployment name:web uid:" + w.web().Text("metadata.uid") + "]]",
		"@note":                                      "hello",
		"@deployment.kubernetes.io/revision":         "1",
		"@deployment.kubernetes.io/max-replicas":     "4",
		"@deployment.kubernetes.io/desired-replicas": "3",
		"spec.replicas":                              "3",
		"spec.selector":                              "map[matchLabels:map[app:web pod-template-hash:" + hash + "]]",
		"spec.template.metadata.labels":              "map[app:web pod-template-hash:" + hash + "]",
		"spec.template.metadata.annotations":         "map[note:pod]",
		"spec.template.spec":                         "map[containers:[map[image:web:1 name:c unknown:map[x:[1 2.50]]]]]",
	})
	w.wantText(map[string]string{
		"@deployment.kubernetes.io/revision": "1",
		"status.observedGeneration":          "1",
		"status.unavailableReplicas":         "3",
		"status.terminatingReplicas":         "0",
	})
	if got, want := w.condition(conditionProgressing), `True NewReplicaSetCreated: Created new replica set "`+rs.Key().Name+`"`; got != want {
		t.Errorf("condition Progressing: got %s, want %s", got, want)
	}
	if got, want := w.condition(conditionAvailable), "False MinimumReplicasUnavailable: Deployment does not have minimum availability."; got != want {
		t.Errorf("condition Available: got %s, want %s", got, want)
	}
	want := map[string]int{"create apps/v1/replicasets": 1, "patch apps/v1/deployments/status": 1}
	if diff := cmp.Diff(want, w.writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Normal ScalingReplicaSet: Scaled up replica set [web:1] from 0 to 3"}, w.events()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if got := w.Events()[0].Source; got != "deployment-controller" {
		t.Errorf("source of the events: got %q, want deployment-controller", got)
	}

	w.play()
	w.wantText(map[string]string{
		"status.replicas": "3", "status.updatedReplicas": "3", "status.readyReplicas": "3",
		"status.availableReplicas": "3", "status.unavailableReplicas": "0",
	})
	if got, want := w.condition(conditionProgressing), `True NewReplicaSetAvailable: ReplicaSet "`+rs.Key().Name+`" has successfully progressed.`; got != want {
		t.Errorf("condition Progressing: got %s, want %s", got, want)
	}
	if got, want := w.condition(conditionAvailable), "True MinimumReplicasAvailable: Deployment has minimum availability."; got != want {
		t.Errorf("condition Available: got %s, want %s", got, want)
	}
}

// TestRollingKeepsWithinTheFence rolls out with many fences, slowly, and looks
// at every step whether there are too many pods or too few.
func TestRollingKeepsWithinTheFence(t *testing.T) {
	for _, c := range []struct {
		replicas             int
		surge, unavailable   string
		maxTotal, minPresent int
	}{
		{10, `"25%"`, `"25%"`, 13, 8},
		{10, `0`, `1`, 10, 9},
		{10, `1`, `0`, 11, 10},
		{1, `"25%"`, `"25%"`, 2, 1},
		{3, `"0%"`, `"10%"`, 3, 2},
		{4, `"100%"`, `"0%"`, 8, 4},
		{4, `0`, `"100%"`, 4, 0},
	} {
		t.Run(fmt.Sprintf("%d/%s/%s", c.replicas, c.surge, c.unavailable), func(t *testing.T) {
			w := newWorld(t, web(c.replicas))
			w.change(`{"spec":{"strategy":{"rollingUpdate":{"maxSurge":` + c.surge + `,"maxUnavailable":` + c.unavailable + `}}}}`)
			w.play()
			w.slow = true
			w.use("web:2")
			steps := 0
			w.check = func() {
				total, present := 0, 0
				for _, rs := range w.sets() {
					total += number(rs, "spec.replicas")
					present += min(number(rs, "spec.replicas"), number(rs, "status.availableReplicas"))
				}
				if total > c.maxTotal || present < c.minPresent {
					t.Errorf("step %d: %d pods of which %d are available, want at most %d and at least %d", steps, total, present, c.maxTotal, c.minPresent)
				}
				steps++
			}
			w.play()
			w.wantSizes(map[string]int{"web:1": 0, "web:2": c.replicas})
			w.wantProgress("True NewReplicaSetAvailable")
			w.wantText(map[string]string{"@deployment.kubernetes.io/revision": "2"})
		})
	}
}

func TestBrokenTemplateStops(t *testing.T) {
	w := newWorld(t, web(10))
	w.play()
	w.broken["web:2"] = true
	w.use("web:2")
	w.play()
	w.wantSizes(map[string]int{"web:1": 8, "web:2": 5})
	w.wantProgress("True ReplicaSetUpdated")
	w.Advance(601 * time.Second)
	w.play()
	if got, want := w.condition(conditionProgressing), `False ProgressDeadlineExceeded: ReplicaSet "`+w.set("web:2").Key().Name+`" has timed out progressing.`; got != want {
		t.Errorf("condition Progressing after the deadline: got %s, want %s", got, want)
	}

	w.use("web:1") // undo
	w.play()
	w.wantSizes(map[string]int{"web:1": 10, "web:2": 0})
	w.wantProgress("True NewReplicaSetAvailable")
	w.wantText(map[string]string{"@deployment.kubernetes.io/revision": "3"})
	wantTexts(t, w.set("web:1"), map[string]string{
		"@deployment.kubernetes.io/revision": "3", "@deployment.kubernetes.io/revision-history": "1",
	})
}

func TestDeadlineWakes(t *testing.T) {
	w := newWorld(t, web(1))
	w.broken["web:1"] = true
	w.play()
	w.Advance(599 * time.Second)
	w.play()
	w.wantProgress("True ReplicaSetUpdated") // the pods were made
	w.Advance(2 * time.Second)
	w.play()
	w.wantProgress("False ProgressDeadlineExceeded")
}

func TestNoDeadline(t *testing.T) {
	for _, deadline := range []string{"null", "2147483647"} {
		w := newWorld(t, web(1))
		w.change(`{"spec":{"progressDeadlineSeconds":` + deadline + `}}`)
		w.play()
		if got := w.condition(conditionProgressing); got != "" {
			t.Errorf("condition Progressing without deadline (%s): got %q, want none", deadline, got)
		}
	}
}

func TestRecreate(t *testing.T) {
	w := newWorld(t, recreated(2))
	w.play()
	old := w.sets()[0]
	pod := func(name, phase string) {
		w.Add(fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":%q,"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":%q,"uid":%q,"controller":true}]},"status":{"phase":%q}}`,
			name, old.Key().Name, old.Text("metadata.uid"), phase))
	}
	pod("runs", "Running")
	pod("done", "Succeeded")
	pod("failed", "Failed")
	w.use("web:2")
	w.play()
	w.wantSizes(map[string]int{"web:1": 0}) // a pod still runs, though the ReplicaSet counts none
	w.Kill("Pod", sdk.Key{Namespace: "default", Name: "runs"})
	w.Advance(recheck)
	w.play()
	w.wantSizes(map[string]int{"web:1": 0, "web:2": 2})
	w.wantProgress("True NewReplicaSetAvailable")
}

func TestPause(t *testing.T) {
	w := newWorld(t, web(4))
	w.play()
	w.change(`{"spec":{"paused":true}}`)
	w.use("web:2")
	w.play()
	w.wantSizes(map[string]int{"web:1": 4})
	if got, want := w.condition(conditionProgressing), "Unknown DeploymentPaused: Deployment is paused"; got != want {
		t.Errorf("condition Progressing: got %s, want %s", got, want)
	}
	w.scale(6)
	w.play()
	w.wantSizes(map[string]int{"web:1": 6}) // scaling works during a pause
	w.Advance(time.Hour)
	w.change(`{"spec":{"paused":false}}`)
	w.settle()
	w.wantProgress("True NewReplicaSetCreated") // and not past the deadline
	w.play()
	w.wantSizes(map[string]int{"web:1": 0, "web:2": 6})
	w.wantProgress("True NewReplicaSetAvailable")
}

func TestScaleInProportion(t *testing.T) {
	w := newWorld(t, web(10))
	w.change(`{"spec":{"strategy":{"rollingUpdate":{"maxSurge":3,"maxUnavailable":2}}}}`)
	w.play()
	w.broken["web:2"] = true
	w.use("web:2")
	w.play()
	w.wantSizes(map[string]int{"web:1": 8, "web:2": 5})
	w.scale(30)
	w.play()
	w.wantSizes(map[string]int{"web:1": 20, "web:2": 13})
	for _, rs := range w.sets() {
		wantTexts(t, rs, map[string]string{"@deployment.kubernetes.io/desired-replicas": "30", "@deployment.kubernetes.io/max-replicas": "33"})
	}
	w.scale(0)
	w.play()
	w.wantSizes(map[string]int{"web:1": 0, "web:2": 0})
}

// TestScaledBehindItsBack has somebody scale the ReplicaSet to where the
// Deployment then goes: nothing must wait for a change of size for ever.
func TestScaledBehindItsBack(t *testing.T) {
	w := newWorld(t, web(3))
	w.play()
	w.Patch("ReplicaSet", w.sets()[0].Key(), `{"spec":{"replicas":5}}`)
	w.scale(5)
	w.play()
	w.use("web:2")
	w.play()
	w.wantSizes(map[string]int{"web:1": 0, "web:2": 5})
}

func TestRollback(t *testing.T) {
	for name, c := range map[string]struct {
		to        string
		image     string
		event     string
		revisions map[string]string
	}{
		"Last":    {"0", "web:2", `Normal DeploymentRollback: Rolled back deployment "web" to revision 2`, map[string]string{"web:2": "4"}},
		"Named":   {"1", "web:1", `Normal DeploymentRollback: Rolled back deployment "web" to revision 1`, map[string]string{"web:1": "4"}},
		"Unknown": {"7", "web:3", "Warning DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.", nil},
		"Same":    {"3", "web:3", `Warning DeploymentRollbackTemplateUnchanged: The rollback revision contains the same template as current deployment "web"`, nil},
		"Text":    {"soon", "web:3", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, web(2))
			for _, image := range []string{"web:1", "web:2", "web:3"} {
				w.change(`{"metadata":{"annotations":{"kubernetes.io/change-cause":"to ` + image + `"}}}`)
				w.use(image)
				w.play()
			}
			w.change(`{"metadata":{"annotations":{"deprecated.deployment.rollback.to":"` + c.to + `"}}}`)
			w.play()
			w.wantText(map[string]string{
				"spec.template.spec.containers.0.image": c.image,
				"spec.template.metadata.labels":         "map[app:web]",
				"@kubernetes.io/change-cause":           "to " + c.image,
			})
			if got := text(w.web(), "@deprecated.deployment.rollback.to"); c.event != "" && got != "" {
				t.Errorf("the request after it was served: got %q, want none", got)
			}
			if got := strings.Join(w.events(), "\n"); !strings.Contains(got, c.event) || c.event == "" && strings.Contains(got, "Rollback") {
				t.Errorf("events: got %s, want %q among them", got, c.event)
			}
			for image, revision := range c.revisions {
				wantTexts(t, w.set(image), map[string]string{"@deployment.kubernetes.io/revision": revision, "@kubernetes.io/change-cause": "to " + image})
			}
		})
	}
}

func TestRollbackWithoutHistory(t *testing.T) {
	w := newWorld(t, web(1))
	w.play()
	w.change(`{"metadata":{"annotations":{"deprecated.deployment.rollback.to":"0"}}}`)
	w.play()
	if got, want := w.events()[1], "Warning DeploymentRollbackRevisionNotFound: Unable to find last revision."; got != want {
		t.Errorf("event: got %s, want %s", got, want)
	}
}

// TestTakeOver finds a ReplicaSet that another controller made, whose hash is
// none of ours.
func TestTakeOver(t *testing.T) {
	w := newWorld(t, web(3))
	owner := fmt.Sprintf(`{"apiVersion":"apps/v1","kind":"Deployment","name":"web","uid":%q,"controller":true}`, w.web().Text("metadata.uid"))
	w.Add(setFor("web-6d4b75cb6d", 3, "web:1", owner))
	w.play()
	w.wantSizes(map[string]int{"web:1": 3})
	if got := w.writes()["create apps/v1/replicasets"]; got != 0 {
		t.Errorf("ReplicaSets made: got %d, want none", got)
	}
	if len(w.events()) > 0 {
		t.Errorf("events: got %v, want none", w.events())
	}
	w.wantText(map[string]string{"@deployment.kubernetes.io/revision": "1", "status.updatedReplicas": "3"})
	w.use("web:2")
	w.play()
	w.wantSizes(map[string]int{"web:1": 0, "web:2": 3})
}

func TestFoundNewReplicaSet(t *testing.T) {
	w := newWorld(t, web(3), setFor("web-6d4b75cb6d", 3, "web:1", ""))
	w.settle()
	if got, want := w.condition(conditionProgressing), `True FoundNewReplicaSet: Found new replica set "web-6d4b75cb6d"`; got != want {
		t.Errorf("condition Progressing: got %s, want %s", got, want)
	}
	if got := w.sets()[0].Text("metadata.ownerReferences.0.name"); got != "web" {
		t.Errorf("owner of the orphan: got %q, want web", got)
	}
}

func TestRelease(t *testing.T) {
	w := newWorld(t, web(2))
	w.play()
	taken := w.sets()[0]
	w.Patch("ReplicaSet", taken.Key(), `{"metadata":{"labels":{"app":"debug"}}}`)
	w.settle() // the new one is made at the second attempt: the one that was taken out has the name of the first
	after := w.Get("ReplicaSet", taken.Key())
	if owners, _ := after.Field("metadata.ownerReferences").([]any); len(owners) > 0 {
		t.Errorf("owners of the ReplicaSet that was taken out: got %v, want none", owners)
	}
	w.play()
	if got := len(w.sets()); got != 2 {
		t.Errorf("ReplicaSets: got %d, want the one that was taken out and a new one", got)
	}
	w.wantText(map[string]string{"status.collisionCount": "1", "status.updatedReplicas": "2"})
}

func TestForeignIsLeftAlone(t *testing.T) {
	foreign := setFor("other-1", 3, "web:1", `{"apiVersion":"apps/v1","kind":"Deployment","name":"other","uid":"x","controller":true}`)
	w := newWorld(t, web(1), foreign)
	w.play()
	if got := number(w.Get("ReplicaSet", sdk.Key{Namespace: "default", Name: "other-1"}), "spec.replicas"); got != 3 || len(w.sets()) != 2 {
		t.Errorf("the ReplicaSet of another Deployment: got %d replicas among %d sets, want 3 among 2", got, len(w.sets()))
	}
}

func TestHistoryLimit(t *testing.T) {
	for limit, want := range map[string]map[string]int{
		"0":          {"web:4": 1},
		"2":          {"web:2": 0, "web:3": 0, "web:4": 1},
		"2147483647": {"web:1": 0, "web:2": 0, "web:3": 0, "web:4": 1},
	} {
		w := newWorld(t, web(1))
		w.change(`{"spec":{"revisionHistoryLimit":` + limit + `}}`)
		for _, image := range []string{"web:1", "web:2", "web:3", "web:4"} {
			w.use(image)
			w.play()
		}
		w.wantSizes(want)
	}
}

func TestMinReadySecondsIsPassedOn(t *testing.T) {
	w := newWorld(t, web(1))
	w.play()
	w.change(`{"spec":{"minReadySeconds":7}}`)
	w.play()
	if got := number(w.sets()[0], "spec.minReadySeconds"); got != 7 {
		t.Errorf("minReadySeconds of the ReplicaSet: got %d, want 7", got)
	}
	if got := len(w.sets()); got != 1 {
		t.Errorf("ReplicaSets: got %d, want 1: minReadySeconds is no part of the template", got)
	}
}

func TestDeletedIsLeftAlone(t *testing.T) {
	w := newWorld(t, strings.Replace(web(2), `"generation": 1`, `"generation": 1, "finalizers": ["x/y"]`, 1))
	w.play()
	before := len(w.Writes())
	w.use("web:2")
	w.Delete("Deployment", webKey)
	w.play()
	w.wantSizes(map[string]int{"web:1": 2})
	for _, o := range w.Writes()[before:] {
		if o.Subresource != "status" {
			t.Errorf("write %s %s of a Deployment that is being deleted: want the status only", o.Op, o.Resource)
		}
	}
}

func TestSelectingAll(t *testing.T) {
	w := newWorld(t, strings.Replace(web(2), `{"matchLabels": {"app": "web"}}`, `{}`, 1))
	w.play()
	if got := w.events(); len(got) != 1 || !strings.HasPrefix(got[0], "Warning SelectingAll: ") || len(w.sets()) > 0 {
		t.Errorf("got events %v and %d ReplicaSets, want the warning SelectingAll and none", got, len(w.sets()))
	}
	w.wantText(map[string]string{"status.observedGeneration": "1"})
}

var (
	errQuota       = &sdk.APIError{Status: abi.StatusForbidden, Reason: "Forbidden", Message: "exceeded quota: q"}
	errTerminating = &sdk.APIError{
		Status: abi.StatusForbidden, Reason: "Forbidden",
		Message: "it is being terminated", Causes: []string{causeNamespaceTerminating},
	}
)

// refuse fails every operation of the kind until the test ends.
func (w *world) refuse(what string, err error) {
	w.OnOperation = func(o sdktest.Operation) error {
		if o.Op.String()+" "+o.Resource == what {
			return err
		}
		return nil
	}
}

func TestCreateFails(t *testing.T) {
	w := newWorld(t, web(2))
	w.refuse("create apps/v1/replicasets", errQuota)
	if err := w.Settle(); err == nil {
		t.Fatal("Settle: got no error, want the quota's")
	}
	if got := w.condition(conditionProgressing); !strings.HasPrefix(got, `False ReplicaSetCreateError: Failed to create new replica set "web-`) || !strings.HasSuffix(got, `": exceeded quota: q`) {
		t.Errorf("condition Progressing: got %s", got)
	}
	if got := w.events(); len(got) != 1 || !strings.HasPrefix(got[0], "Warning ReplicaSetCreateError: Failed to create new replica set") {
		t.Errorf("events: got %v, want one ReplicaSetCreateError", got)
	}
	w.OnOperation = nil
	w.change(`{"metadata":{"labels":{"x":"y"}}}`)
	w.play()
	w.wantProgress("True NewReplicaSetAvailable")
}

func TestNamespaceTerminating(t *testing.T) {
	w := newWorld(t, web(2))
	w.refuse("create apps/v1/replicasets", errTerminating)
	w.settle()
	if len(w.events()) > 0 || w.condition(conditionProgressing) != "" {
		t.Errorf("got events %v and condition %q, want neither: nobody is at fault", w.events(), w.condition(conditionProgressing))
	}
}

// TestNameIsTaken creates a ReplicaSet of which the cache does not know yet
// that it is there: the answer to an earlier attempt was lost.
func TestNameIsTaken(t *testing.T) {
	w := newWorld(t, web(2))
	w.play()
	made := w.sets()[0].Key()
	again := func() (*rollout, error) {
		d, err := deployments.Get(w.Context(), webKey)
		if err != nil {
			t.Fatal(err)
		}
		r := &rollout{d: d, before: d.Status, now: w.Now()}
		return r, r.ensureCurrent(w.Context())
	}
	if r, err := again(); err != nil || r.current.Name != made.Name {
		t.Errorf("the ReplicaSet of the same template: got %v (error %v), want %s", r.current, err, made)
	}
	w.Patch("ReplicaSet", made, `{"metadata":{"ownerReferences":null}}`)
	if _, err := again(); !errors.Is(err, errCollision) {
		t.Errorf("a ReplicaSet that is not ours: got error %v, want %v", err, errCollision)
	}
	w.wantText(map[string]string{"status.collisionCount": "1"})
	if r, err := again(); err != nil || r.current.Name == made.Name {
		t.Errorf("after the collision: got %v (error %v), want another name than %s", r.current, err, made)
	}
}

func TestResume(t *testing.T) {
	w := newWorld(t, web(2))
	w.play()
	w.change(`{"spec":{"paused":true}}`)
	w.settle()
	w.broken["web:1"] = true
	w.actSets()
	w.change(`{"spec":{"paused":false}}`)
	w.settle()
	w.wantProgress("Unknown DeploymentResumed")
}

func TestReplicaFailure(t *testing.T) {
	w := newWorld(t, web(2))
	w.play()
	w.Patch("ReplicaSet", w.sets()[0].Key(), `{"status":{"conditions":[{"type":"ReplicaFailure","status":"True","reason":"FailedCreate","message":"exceeded quota","lastTransitionTime":"2029-12-31T00:00:00Z"}]}}`)
	w.settle()
	if got, want := w.condition(conditionReplicaFailure), "True FailedCreate: exceeded quota"; got != want {
		t.Errorf("condition ReplicaFailure: got %s, want %s", got, want)
	}
	w.Patch("ReplicaSet", w.sets()[0].Key(), `{"status":{"conditions":null}}`)
	w.settle()
	if got := w.condition(conditionReplicaFailure); got != "" {
		t.Errorf("condition ReplicaFailure after it has gone: got %s, want none", got)
	}
}

// TestOthersConditionsStay has somebody else write a condition.
func TestOthersConditionsStay(t *testing.T) {
	w := newWorld(t, web(2))
	w.play()
	w.change(`{"status":{"conditions":[{"type":"Mine","status":"True"}],"replicas":77}}`)
	w.play()
	if got := w.condition("Mine"); got != "True : " {
		t.Errorf("the condition of somebody else: got %q, want it as it was", got)
	}
	w.wantText(map[string]string{"status.replicas": "2"})
}

func TestSettledIsQuiet(t *testing.T) {
	w := newWorld(t, web(3))
	w.play()
	before := len(w.Writes())
	w.Advance(time.Hour)
	w.change(`{"metadata":{"labels":{"x":"y"}}}`)
	w.play()
	if got := w.Writes()[before:]; len(got) > 0 {
		t.Errorf("writes when nothing is to do: got %+v, want none", got)
	}
}

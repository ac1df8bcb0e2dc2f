// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package deployment

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

func TestMain(m *testing.M) {
	Register()
	os.Exit(m.Run())
}

var webKey = sdk.Key{Namespace: "default", Name: "web"}

// web is a Deployment, as the API server would have completed it.
func web(replicas int) string {
	return fmt.Sprintf(`{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": {"namespace": "default", "name": "web", "generation": 1, "annotations": {"note": "hello"}},
		"spec": {
			"replicas": %d, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
			"selector": {"matchLabels": {"app": "web"}},
			"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%%", "maxUnavailable": "25%%"}},
			"template": {
				"metadata": {"creationTimestamp": null, "labels": {"app": "web"}, "annotations": {"note": "pod"}},
				"spec": {"containers": [{"name": "c", "image": "web:1", "unknown": {"x": [1, 2.50]}}]}
			}
		}
	}`, replicas)
}

// recreated is [web] with the strategy Recreate.
func recreated(replicas int) string {
	return strings.Replace(web(replicas), `{"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}`, `{"type": "Recreate"}`, 1)
}

// setFor is a ReplicaSet of somebody who uses hashes of another kind.
func setFor(name string, replicas int, image, owner string) string {
	return fmt.Sprintf(`{
		"apiVersion": "apps/v1", "kind": "ReplicaSet",
		"metadata": {"namespace": "default", "name": %q, "labels": {"app": "web", "pod-template-hash": "6d4b75cb6d"}, "ownerReferences": [%s]},
		"spec": {
			"replicas": %d,
			"template": {
				"metadata": {"annotations": {"note": "pod"}, "labels": {"pod-template-hash": "6d4b75cb6d", "app": "web"}},
				"spec": {"containers": [{"image": %q, "unknown": {"x": [1, 2.50]}, "name": "c"}]}
			}
		}
	}`, name, owner, replicas, image)
}

// world is an environment with a ReplicaSet controller of a few lines, and the
// questions that the tests ask.
type world struct {
	*sdktest.Env
	t *testing.T
	// broken are the images whose pods never become available.
	broken map[string]bool
	// slow lets one pod in a step become available, not all.
	slow bool
	// check is called after each step.
	check func()
}

func newWorld(t *testing.T, objects ...any) *world {
	return &world{Env: sdktest.New(t, objects...), t: t, broken: map[string]bool{}}
}

// settle expects that everything succeeds.
func (w *world) settle() {
	w.t.Helper()
	if err := w.Settle(); err != nil {
		w.t.Fatalf("Settle: %v", err)
	}
}

// play lets the Deployment and its ReplicaSets act in turn until nothing
// changes any more.
func (w *world) play() {
	w.t.Helper()
	for range 1000 {
		w.settle()
		if w.check != nil {
			w.check()
		}
		if !w.actSets() {
			return
		}
	}
	w.t.Fatal("the rollout does not come to an end")
}

// actSets lets each ReplicaSet make its pods and reports whether one did.
func (w *world) actSets() bool {
	acted := false
	for _, rs := range w.sets() {
		wants, is := number(rs, "spec.replicas"), number(rs, "status.availableReplicas")
		switch {
		case w.broken[image(rs)]:
			is = 0
		case w.slow && is < wants:
			is++
		default:
			is = wants
		}
		status := fmt.Sprintf(`{"status":{"replicas":%d,"readyReplicas":%d,"availableReplicas":%d,"terminatingReplicas":0,"observedGeneration":%d}}`,
			wants, is, is, number(rs, "metadata.generation"))
		acted = w.Patch("ReplicaSet", rs.Key(), status).Text("metadata.resourceVersion") != rs.Text("metadata.resourceVersion") || acted
	}
	return acted
}

func number(o sdktest.Object, path string) int {
	n, _ := strconv.Atoi(o.Text(path))
	return n
}

func image(rs sdktest.Object) string { return rs.Text("spec.template.spec.containers.0.image") }

func (w *world) sets() []sdktest.Object { return w.List("ReplicaSet") }

func (w *world) web() sdktest.Object { return w.Get("Deployment", webKey) }

// change changes the Deployment, as kubectl patch does.
func (w *world) change(patch string) { w.t.Helper(); w.Patch("Deployment", webKey, patch) }

// use asks for another image.
func (w *world) use(image string) {
	w.change(`{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"` + image + `","unknown":{"x":[1,2.50]}}]}}}}`)
}

func (w *world) scale(replicas int) { w.change(fmt.Sprintf(`{"spec":{"replicas":%d}}`, replicas)) }

// set returns the ReplicaSet with the image; nil if there is none.
func (w *world) set(of string) sdktest.Object {
	for _, rs := range w.sets() {
		if image(rs) == of {
			return rs
		}
	}
	return nil
}

// wantSizes expects ReplicaSets with these images and sizes, and no others.
func (w *world) wantSizes(want map[string]int) {
	w.t.Helper()
	got := map[string]int{}
	for _, rs := range w.sets() {
		got[image(rs)] = number(rs, "spec.replicas")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("sizes of the ReplicaSets (-want +got):\n%s", diff)
	}
}

// wantText expects values in the Deployment.
func (w *world) wantText(want map[string]string) {
	w.t.Helper()
	wantTexts(w.t, w.web(), want)
}

func wantTexts(t *testing.T, o sdktest.Object, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for path := range want {
		got[path] = text(o, path)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s %s (-want +got):\n%s", o.Text("kind"), o.Key(), diff)
	}
}

// text is [sdktest.Object.Text], and for a path "@key" the annotation.
func text(o sdktest.Object, path string) string {
	if key, annotation := strings.CutPrefix(path, "@"); annotation {
		annotations, _ := o.Field("metadata.annotations").(map[string]any)
		value, _ := annotations[key].(string)
		return value
	}
	return o.Text(path)
}

// condition returns status, reason and message of a condition.
func (w *world) condition(kind string) string {
	list, _ := w.web().Field("status.conditions").([]any)
	for _, c := range list {
		c := sdktest.Object(c.(map[string]any))
		if c.Text("type") == kind {
			return c.Text("status") + " " + c.Text("reason") + ": " + c.Text("message")
		}
	}
	return ""
}

// wantProgress expects status and reason of the condition Progressing.
func (w *world) wantProgress(want string) {
	w.t.Helper()
	if got, _, _ := strings.Cut(w.condition(conditionProgressing), ":"); got != want {
		w.t.Errorf("condition Progressing: got %q, want %q", got, want)
	}
}

// writes counts the writes so far, "create apps/v1/replicasets" for example.
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

// events returns the events, with the hashes of names left out.
func (w *world) events() []string {
	var events []string
	for _, e := range w.Events() {
		message := e.Message
		for _, rs := range w.sets() {
			message = strings.ReplaceAll(message, rs.Key().Name, "["+image(rs)+"]")
		}
		events = append(events, e.Type+" "+e.Reason+": "+message)
	}
	return events
}

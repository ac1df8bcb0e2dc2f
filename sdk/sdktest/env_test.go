// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
	"github.com/wasm-controller-manager/wcm/sdk/testdata/widgets"
)

const widget = `{"kind":"Widget","metadata":{"namespace":"ns","name":"a","labels":{"app":"x"}},"spec":{"size":1,"other":7}}`

var key = sdk.Key{Namespace: "ns", Name: "a"}

// woken settles an environment and returns the keys that were reconciled.
func woken(t *testing.T, env *sdktest.Env) []string {
	t.Helper()
	var keys []string
	widgets.Reconcile = func(_ context.Context, req sdk.Request) (sdk.Result, error) {
		keys = append(keys, req.String())
		return sdk.Result{}, nil
	}
	if err := env.Settle(); err != nil {
		t.Fatalf("Settle: %v", err)
	}
	slices.Sort(keys)
	return keys
}

// TestWakes checks which keys each mapping wakes, one change after the other.
func TestWakes(t *testing.T) {
	env := sdktest.New(t, widget, `{"kind":"Widget","metadata":{"namespace":"ns","name":"b"},
		"spec":{"selector":{"matchExpressions":[{"key":"tier","operator":"In","values":["x","y"]}]},"node":"n1"}}`,
		`{"kind":"Widget","metadata":{"namespace":"other","name":"b"},"spec":{"selector":{"matchLabels":{"tier":"x"}}}}`)
	uid := env.Get("Widget", key).Text("metadata.uid")
	part := sdk.Key{Namespace: "ns", Name: "p"}
	steps := []struct {
		name   string
		change func()
		want   string
	}{
		{"the first time everything is new", func() {}, "ns/a ns/b other/b"},
		{"nothing changed", func() {}, ""},
		{"a field that is not read changed", func() { env.Patch("Widget", key, `{"spec":{"other":8}}`) }, "ns/a"}, // the generation did
		{"an annotation changed", func() { env.Patch("Widget", key, `{"metadata":{"annotations":{"x":"y"}}}`) }, ""},
		{"a field that is read changed", func() { env.Patch("Widget", key, `{"spec":{"size":2}}`) }, "ns/a"},
		{"an owned object came", func() {
			env.Add(`{"kind":"Part","metadata":{"namespace":"ns","name":"p","labels":{"tier":"x"},"ownerReferences":[
				{"apiVersion":"example.com/v1","kind":"Widget","name":"a","uid":"` + uid + `","controller":true}]}}`)
		}, "ns/a"},
		{"it lost its owner and is selected", func() { env.Patch("Part", part, `{"metadata":{"ownerReferences":null}}`) }, "ns/a ns/b"},
		{"it has a label that names one", func() { env.Patch("Part", part, `{"metadata":{"labels":{"tier":null,"widget":"a"}}}`) }, "ns/a ns/b"},
		{"a field names one", func() { env.Patch("Part", part, `{"metadata":{"labels":null},"spec":{"widget":"b"}}`) }, "ns/a ns/b"},
		{"it went", func() { env.Delete("Part", part) }, "ns/b"},
		{"the guest maps a pod", func() { env.Add(`{"kind":"Pod","metadata":{"namespace":"ns","name":"pod"},"spec":{"nodeName":"n1"}}`) }, "ns/b"},
		{"the pod changed elsewhere", func() {
			env.Patch("Pod", sdk.Key{Namespace: "ns", Name: "pod"}, `{"status":{"phase":"Running"}}`)
		}, ""},
		{"the object itself went", func() { env.Delete("Widget", key) }, "ns/a"},
	}
	for _, step := range steps {
		step.change()
		if got := strings.Join(woken(t, env), " "); got != step.want {
			t.Errorf("%s: woke %q, want %q", step.name, got, step.want)
		}
	}
}

// TestRequeueAfter checks the clock and the timers.
func TestRequeueAfter(t *testing.T) {
	env, calls := sdktest.New(t, widget), 0
	widgets.Reconcile = func(ctx context.Context, _ sdk.Request) (sdk.Result, error) {
		if calls++; !sdk.Now(ctx).Equal(env.Now()) {
			t.Errorf("sdk.Now = %v, want %v", sdk.Now(ctx), env.Now())
		}
		return sdk.Result{RequeueAfter: time.Minute}, nil
	}
	for i, advance := range []time.Duration{0, 59 * time.Second, time.Second, time.Hour} {
		env.Advance(advance)
		if err := env.Settle(); err != nil {
			t.Fatal(err)
		}
		if want := []int{1, 1, 2, 3}[i]; calls != want {
			t.Errorf("after step %d the key was reconciled %d times, want %d", i, calls, want)
		}
	}
}

// TestSingleton checks what the one key of a singleton is woken by.
func TestSingleton(t *testing.T) {
	env, calls := sdktest.New(t), 0
	noop := func(context.Context, sdk.Request) (sdk.Result, error) { return sdk.Result{}, nil }
	widgets.Reconcile = noop
	t.Cleanup(func() { widgets.Census = noop })
	widgets.Census = func(_ context.Context, req sdk.Request) (sdk.Result, error) {
		if calls++; req.Key != (sdk.Key{}) {
			t.Errorf("the singleton got the key %q, want the empty one", req.Key)
		}
		return sdk.Result{RequeueAfter: time.Minute}, nil
	}
	for _, step := range []struct {
		name   string
		change func()
		want   int
	}{
		{"the start, without any object", func() {}, 1},
		{"nothing", func() {}, 1},
		{"objects of a watch", func() {
			env.Add(`{"kind":"Pod","metadata":{"namespace":"ns","name":"a"}}`)
			env.Add(`{"kind":"Pod","metadata":{"namespace":"ns","name":"b"}}`)
		}, 2},
		{"an object that it does not watch", func() { env.Add(widget) }, 2},
		{"its time", func() { env.Advance(time.Minute) }, 3},
	} {
		step.change()
		if err := env.Settle(); err != nil {
			t.Fatal(err)
		}
		if calls != step.want {
			t.Errorf("after %s the singleton was reconciled %d times, want %d", step.name, calls, step.want)
		}
	}
}

// TestDue checks that a request says what its key waits for.
func TestDue(t *testing.T) {
	env := sdktest.New(t, widget)
	var due []time.Duration
	widgets.Reconcile = func(ctx context.Context, req sdk.Request) (sdk.Result, error) {
		d := time.Duration(-1)
		if !req.Due.IsZero() {
			d = req.Due.Sub(sdk.Now(ctx))
		}
		due = append(due, d)
		if len(due) == 4 {
			return sdk.Result{}, nil
		}
		if req.Attempt == 0 && len(due) == 2 {
			return sdk.Result{}, errors.New("broken")
		}
		return sdk.Result{RequeueAfter: time.Minute}, nil
	}
	for i, advance := range []time.Duration{0, 20 * time.Second, time.Minute, time.Hour} {
		env.Advance(advance)
		if i == 1 || i == 3 {
			env.Patch("Widget", key, `{"spec":{"size":`+strconv.Itoa(10+i)+`}}`)
		}
		if err := env.Settle(); err != nil {
			t.Fatal(err)
		}
	}
	want := []time.Duration{-1, 40 * time.Second, 40 * time.Second, 0, -1}
	if diff := cmp.Diff(want, due); diff != "" {
		t.Errorf("Request.Due - Now (-want +got):\n%s", diff)
	}
}

// TestMemory checks that each instance remembers by itself.
func TestMemory(t *testing.T) {
	count, other := sdk.NewMemory[int](), sdk.NewMemory[int]()
	widgets.Reconcile = func(ctx context.Context, _ sdk.Request) (sdk.Result, error) {
		*count.Get(ctx)++
		return sdk.Result{}, nil
	}
	first, second := sdktest.New(t, widget), sdktest.New(t, widget)
	for _, env := range []*sdktest.Env{first, first, second} {
		if _, err := env.Reconcile("widgets", key); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := *count.Get(first.Context()), *count.Get(second.Context()); a != 2 || b != 1 {
		t.Errorf("the instances counted %d and %d reconciles, want 2 and 1", a, b)
	}
	if got := *other.Get(first.Context()); got != 0 {
		t.Errorf("another memory has %d, want 0", got)
	}
}

// TestVerdicts checks how errors end a reconcile.
func TestVerdicts(t *testing.T) {
	cause := errors.New("broken")
	for _, test := range []struct {
		err      error
		want     string
		attempts []int
	}{
		{cause, "widgets ns/a: retry: broken", []int{0, 1, 2, 3, 4}},
		{sdk.TerminalError(cause), "widgets ns/a: terminal: broken", []int{0}},
		{errors.Join(cause, sdk.TerminalError(cause)), "widgets ns/a: terminal: broken", []int{0}},
	} {
		var attempts []int
		widgets.Reconcile = func(_ context.Context, req sdk.Request) (sdk.Result, error) {
			attempts = append(attempts, req.Attempt)
			return sdk.Result{}, test.err
		}
		err := sdktest.New(t, widget).Settle()
		if err == nil || err.Error() != test.want {
			t.Errorf("Settle with %v = %v, want %s", test.err, err, test.want)
		}
		if diff := cmp.Diff(test.attempts, attempts); diff != "" {
			t.Errorf("attempts with %v (-want +got):\n%s", test.err, diff)
		}
	}
}

// TestReads checks the conditions of lists.
func TestReads(t *testing.T) {
	env := sdktest.New(t, widget,
		`{"kind":"Widget","metadata":{"namespace":"ns","name":"b","labels":{"app":"y"}},"spec":{"node":"n"}}`,
		`{"kind":"Widget","metadata":{"namespace":"other","name":"c","labels":{"app":"x","new":""}}}`)
	selector := func(text string) sdk.ListOption {
		s, err := sdk.ParseSelector(text)
		if err != nil {
			t.Fatal(err)
		}
		return sdk.Matching(s)
	}
	for _, test := range []struct {
		want    string
		options []sdk.ListOption
	}{
		{"a b c", nil},
		{"a b c", []sdk.ListOption{sdk.Live()}},
		{"a b", []sdk.ListOption{sdk.InNamespace("ns")}},
		{"a c", []sdk.ListOption{sdk.ByLabel("app", "x")}},
		{"b", []sdk.ListOption{sdk.ByField("spec.node", "n")}},
		{"a", []sdk.ListOption{sdk.InNamespace("ns"), sdk.MatchingLabels(sdk.Labels{{Key: "app", Value: "x"}})}},
		{"b", []sdk.ListOption{selector("app!=x")}},
		{"a b", []sdk.ListOption{selector("app in (x, y),!new")}},
		{"c", []sdk.ListOption{selector("new")}},
	} {
		var got, all []string
		objects, err := widgets.Widgets.List(env.Context(), test.options...)
		for _, o := range objects {
			got = append(got, o.Name)
		}
		for o, allErr := range widgets.Widgets.All(env.Context(), test.options...) {
			err = errors.Join(err, allErr)
			all = append(all, o.Name)
		}
		if strings.Join(got, " ") != test.want || !slices.Equal(got, all) || err != nil {
			t.Errorf("List(%v) = %v, All = %v, %v; want %s", test.options, got, all, err, test.want)
		}
	}
	_, err := widgets.Parts.List(env.Context(), sdk.ByField("spec.widget", "a"))
	if sdk.StatusOf(err) != abi.StatusBadRequest {
		t.Errorf("List by an index that is not declared: %v, want bad_request", err)
	}
}

// TestWrites checks what writes do to an object.
func TestWrites(t *testing.T) {
	ctx := func(env *sdktest.Env) context.Context { return env.Context() }
	patch := func(p sdk.Patch, options ...sdk.WriteOption) func(*sdktest.Env) error {
		return func(env *sdktest.Env) error {
			_, err := widgets.Widgets.Patch(ctx(env), key, p, options...)
			return err
		}
	}
	status := map[string]any{"status": map[string]any{"ready": true}, "spec": map[string]any{"size": 9}}
	for _, test := range []struct {
		name   string
		write  func(env *sdktest.Env) error
		path   string
		want   string
		status abi.Status
	}{
		{"merge patch", patch(sdk.MergePatch(map[string]any{"spec": map[string]any{"size": nil, "node": "n"}})), "spec", "map[node:n other:7]", 0},
		{"a status is no part of the object", patch(sdk.MergePatch(status)), "status", "", 0},
		{"and the rest none of the status", patch(sdk.MergePatch(status), sdk.Subresource("status")), "spec.size", "1", 0},
		{"the status subresource", patch(sdk.MergePatch(status), sdk.Subresource("status")), "status.ready", "true", 0},
		{"dry run", patch(sdk.MergePatch(status), sdk.DryRun()), "spec.size", "1", 0},
		{"the generation counts changes of the spec", patch(sdk.MergePatch(status)), "metadata.generation", "2", 0},
		{"JSON patch", patch(sdk.JSONPatch(sdk.Test("/spec/size", 1), sdk.Add("/metadata/labels/a~1b", "c"), sdk.Remove("/spec/size"))), "metadata.labels", "map[a/b:c app:x]", 0},
		{"JSON patch whose test fails", patch(sdk.JSONPatch(sdk.Test("/spec/size", 2), sdk.Replace("/spec/size", 3))), "spec.size", "1", abi.StatusInvalid},
		{"strategic patch", patch(sdk.StrategicPatch(map[string]any{"metadata": map[string]any{"finalizers": []string{"f"}}})), "metadata.finalizers", "[f]", 0},
		{"uid precondition", patch(sdk.MergePatch(status), sdk.PreconditionUID("other")), "spec.size", "1", abi.StatusConflict},
		{"scale", patch(sdk.MergePatch(map[string]any{"spec": map[string]any{"replicas": 4}}), sdk.Subresource("scale")), "spec.replicas", "4", 0},
		{"undeclared", patch(sdk.MergePatch(status), sdk.Subresource("other")), "spec.size", "1", abi.StatusDenied},
		{"update of a projected object", func(env *sdktest.Env) error {
			_, err := widgets.Widgets.Update(ctx(env), widgets.Widget{Metadata: sdk.Metadata{Header: sdk.Header{Namespace: "ns", Name: "a"}}})
			return err
		}, "spec.size", "1", abi.StatusUnsupported},
		{"apply", func(env *sdktest.Env) error {
			_, err := widgets.Widgets.Apply(ctx(env), map[string]any{"spec": map[string]any{"size": 5}}, sdk.InNamespace("ns"), sdk.Named("a"), sdk.ForceOwnership())
			return err
		}, "spec", "map[other:7 size:5]", 0},
		{"create what exists", func(env *sdktest.Env) error {
			_, err := widgets.Widgets.Create(ctx(env), sdk.Metadata{Header: sdk.Header{Namespace: "ns", Name: "a"}})
			return err
		}, "spec.size", "1", abi.StatusAlreadyExists},
		{"delete", func(env *sdktest.Env) error { return widgets.Widgets.Delete(ctx(env), key) }, "kind", "", 0},
		{"delete what has finalizers", func(env *sdktest.Env) error {
			env.Patch("Widget", key, `{"metadata":{"finalizers":["f"]}}`)
			return widgets.Widgets.Delete(ctx(env), key)
		}, "metadata.deletionTimestamp", "2030-01-01T00:00:00Z", 0},
		{"and then loses them", func(env *sdktest.Env) error {
			env.Patch("Widget", key, `{"metadata":{"finalizers":["f"]}}`)
			err := widgets.Widgets.Delete(ctx(env), key)
			env.Patch("Widget", key, `{"metadata":{"finalizers":null}}`)
			return err
		}, "kind", "", 0},
		{"delete collection", func(env *sdktest.Env) error {
			return widgets.Widgets.DeleteCollection(ctx(env), "ns", sdk.MatchingLabels(sdk.Labels{{Key: "app", Value: "x"}}))
		}, "kind", "", 0},
	} {
		env := sdktest.New(t, widget)
		err := test.write(env)
		if got := env.Get("Widget", key).Text(test.path); got != test.want || sdk.StatusOf(err) != test.status {
			t.Errorf("%s: %s = %q and error %v; want %q and status %v", test.name, test.path, got, err, test.want, test.status)
		}
	}
}

// TestMetadataAlone checks that metadata alone is an object that has just that,
// as a value, by a pointer, and as the type of a resource.
func TestMetadataAlone(t *testing.T) {
	meta := sdk.Metadata{Header: sdk.Header{Namespace: "ns", Name: "b"}, Labels: sdk.Labels{{Key: "app", Value: "x"}}}
	for _, object := range []any{meta, &meta, struct{ sdk.Metadata }{meta}} {
		env := sdktest.New(t)
		made, err := widgets.Widgets.Create(env.Context(), object)
		if err != nil || made.Labels.Get("app") != "x" {
			t.Errorf("Create(%T) = %+v, %v, want a widget with the label app=x", object, made, err)
		}
		body := env.Writes()[0].Body
		if want := `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"namespace":"ns","name":"b","labels":{"app":"x"}}}`; body != want {
			t.Errorf("Create(%T) writes\n %s, want\n %s", object, body, want)
		}
	}
}

// TestUnchanged checks that a write is refused exactly if something that the
// plugin reads has changed since it read.
func TestUnchanged(t *testing.T) {
	for change, want := range map[string]abi.Status{
		`{"metadata":{"annotations":{"a":"b"}}}`: abi.StatusOK,
		`{"status":{"noise":1}}`:                 abi.StatusOK,
		`{"status":{"ready":true}}`:              abi.StatusConflict,
	} {
		env := sdktest.New(t, widget)
		read, err := widgets.Widgets.Get(env.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		env.Patch("Widget", key, change)
		_, err = widgets.Widgets.Patch(env.Context(), read, sdk.MergePatch(map[string]any{"spec": map[string]any{"size": 2}}), sdk.Unchanged(read))
		if sdk.StatusOf(err) != want {
			t.Errorf("patch after %s: %v, want status %s", change, err, want)
		}
	}
}

// TestPods checks what only pods have.
func TestPods(t *testing.T) {
	env := sdktest.New(t, `{"kind":"Pod","metadata":{"namespace":"ns","name":"a"}}`)
	var status sdk.Raw
	binding := map[string]any{"apiVersion": "v1", "kind": "Binding", "target": map[string]any{"kind": "Node", "name": "n"}}
	if _, err := widgets.Pods.Create(env.Context(), binding, sdk.InNamespace("ns"), sdk.Named("a"), sdk.Subresource("binding"), sdk.Answer(&status)); err != nil {
		t.Fatal(err)
	}
	if node := env.Get("Pod", key).Text("spec.nodeName"); node != "n" || !strings.Contains(string(status), "Success") {
		t.Errorf("after the binding the node is %q and the answer %s", node, status)
	}
	if err := widgets.Pods.Delete(env.Context(), key); err != nil {
		t.Fatal(err)
	}
	if at := env.Get("Pod", key).Text("metadata.deletionTimestamp"); at != "2030-01-01T00:00:30Z" {
		t.Errorf("a pod on a node that is deleted has the deletionTimestamp %q, want it to have 30 seconds", at)
	}
	env.Kill("Pod", key)
	if o := env.Get("Pod", key); o != nil {
		t.Errorf("after Kill there is %s", o.JSON())
	}
}

// TestUncached checks objects that the host keeps none of.
func TestUncached(t *testing.T) {
	env := sdktest.New(t)
	made, err := widgets.Blobs.Create(env.Context(), map[string]any{"metadata": map[string]any{"generateName": "x-"}, "data": []byte{1}}, sdk.InNamespace("ns"))
	if err != nil {
		t.Fatal(err)
	}
	if made.Name != "x-00001" || made.UID == "" || made.ResourceVersion == 0 {
		t.Errorf("Create returned %+v, want name, uid and version", made)
	}
	read, err := widgets.Blobs.Get(env.Context(), made.Key())
	if err != nil || *read != *made || read.Data != "AQ==" {
		t.Errorf("Get = %+v, %v; want %+v with base64 of one byte", read, err, made)
	}
}

// TestWants checks how declarations stand in the description.
func TestWants(t *testing.T) {
	d := sdktest.New(t).Description()
	http := []abi.HTTP{
		{Hosts: []string{"*.example.com:8080"}, Methods: []string{"POST"}, Plain: true},
		{Hosts: []string{"example.org"}},
	}
	if diff := cmp.Diff(http, d.HTTP); diff != "" {
		t.Errorf("HTTP (-want +got):\n%s", diff)
	}
	if !slices.Equal(d.Sign, []string{"widgets"}) || !slices.Equal(d.FieldManagers, []string{"widget-manager"}) || !d.Discover {
		t.Errorf("Sign = %q, FieldManagers = %q, Discover = %t; want each as declared, once", d.Sign, d.FieldManagers, d.Discover)
	}
	if r := d.Resources[0]; !slices.Equal(r.Reads, []string{"scale/get"}) {
		t.Errorf("Reads of %s = %q, want the scale", &r, r.Reads)
	}
}

// TestUndeclaredIsDenied: what the host would refuse fails here already.
func TestUndeclaredIsDenied(t *testing.T) {
	note := sdk.Header{Namespace: "ns", Name: "a"}
	env := sdktest.New(t, widget)
	ctx := env.Context()
	widgetOf, err := widgets.Widgets.Get(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	for reason, call := range map[string]func() error{
		`v1/blobs is not declared with sdk.Reads("list")`: func() error { _, err := widgets.Blobs.List(ctx); return err },
		`v1/notes is not declared with sdk.Reads("get")`:  func() error { _, err := widgets.Notes.Get(ctx, note.Key()); return err },
		`v1/parts is not declared with sdk.Reads("scale/get")`: func() error {
			_, err := widgets.Parts.GetSubresource(ctx, key, "scale")
			return err
		},
		`v1/pods is not declared with sdk.Writes("patch")`: func() error {
			_, err := widgets.Pods.Patch(ctx, key, sdk.MergePatch(nil))
			return err
		},
		`v1/notes is not declared with sdk.Writes("create")`: func() error { _, err := widgets.Notes.Apply(ctx, note); return err },
		`the field manager another is not declared with sdk.FieldManagers`: func() error {
			_, err := widgets.Widgets.Patch(ctx, widgetOf, sdk.MergePatch(nil), sdk.FieldOwner("another"))
			return err
		},
	} {
		if err := call(); !sdk.IsDenied(err) || !strings.HasSuffix(err.Error(), reason) {
			t.Errorf("got %v, want it denied: %s", err, reason)
		}
	}
	if _, err := widgets.Widgets.Patch(ctx, widgetOf, sdk.MergePatch(map[string]any{}), sdk.FieldOwner("widgets/labels")); err != nil {
		t.Errorf("patch under a part of the plugin's own name: %v", err)
	}
	if _, err := widgets.Widgets.Patch(ctx, key, sdk.MergePatch(map[string]any{}), sdk.FieldOwner("widget-manager")); err != nil {
		t.Errorf("patch under a name that is declared: %v", err)
	}
}

// TestEventsAreCounted checks that an event that occurs again is one event.
func TestEventsAreCounted(t *testing.T) {
	env := sdktest.New(t, widget)
	object, err := widgets.Widgets.Get(env.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	for _, reason := range []string{"A", "B", "A"} {
		widgets.Widgets.Event(env.Context(), object, sdk.Warning, reason, "m")
	}
	want := []sdktest.Event{
		{Kind: "Widget", Key: key, Type: "Warning", Reason: "A", Message: "m", Count: 2},
		{Kind: "Widget", Key: key, Type: "Warning", Reason: "B", Message: "m", Count: 1},
	}
	if diff := cmp.Diff(want, env.Events()); diff != "" {
		t.Errorf("Events (-want +got):\n%s", diff)
	}
}

// TestLogLevels checks that a level that is off reaches nobody and formats
// nothing.
func TestLogLevels(t *testing.T) {
	env := sdktest.New(t)
	env.LogLevel = abi.LevelInfo
	logger := sdk.LoggerFrom(env.Context()).With("a", 1)
	logger.Debug("off", "value", exploding{t})
	logger.Info("on", "b", []string{"x"}, "odd")
	want := []sdktest.Log{{Level: abi.LevelInfo, Message: "on", Attributes: []abi.Pair{
		{Key: "a", Value: "1"}, {Key: "b", Value: `["x"]`}, {Key: "!BADKEY", Value: "odd"},
	}}}
	if diff := cmp.Diff(want, env.Logs()); diff != "" {
		t.Errorf("Logs (-want +got):\n%s", diff)
	}
}

type exploding struct{ t *testing.T }

func (e exploding) String() string {
	e.t.Error("a value of a log line whose level is off was formatted")
	return ""
}

// TestScale reads the answer of a subresource.
func TestScale(t *testing.T) {
	env := sdktest.New(t, widget)
	env.Patch("Widget", key, `{"spec":{"replicas":3}}`)
	answer, err := widgets.Widgets.GetSubresource(env.Context(), key, "scale")
	if err != nil {
		t.Fatal(err)
	}
	var scale struct {
		sdk.Metadata
		Kind string `json:"kind"`
		Spec struct {
			Replicas int32 `json:"replicas"`
		} `json:"spec"`
	}
	if err := answer.Decode(&scale); err != nil {
		t.Fatal(err)
	}
	if scale.Name != "a" || scale.Kind != "Scale" || scale.Spec.Replicas != 3 || scale.ResourceVersion == 0 {
		t.Errorf("the scale %s decodes to %+v", answer, scale)
	}
}

// TestApplyCreates checks that an apply of what does not exist makes it.
func TestApplyCreates(t *testing.T) {
	env := sdktest.New(t)
	w := widgets.Widget{Metadata: sdk.Metadata{Header: sdk.Header{Namespace: "ns", Name: "new"}}}
	w.Spec.Size = 3
	made, err := widgets.Widgets.Apply(env.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	if made.UID == "" || made.Spec.Size != 3 || made.Generation != 1 {
		t.Errorf("Apply returned %+v", made)
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package scheduler

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

func TestMain(m *testing.M) {
	Register()
	m.Run()
}

var podKey = sdk.Key{Namespace: "ns", Name: "p"}

// testNode is a node with 2 processors, 4Gi and 10 pods. The parts are members
// of its spec.
func testNode(name, labels string, spec ...string) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Node","metadata":{"name":%q,"labels":{"kubernetes.io/hostname":%q%s}},"spec":{%s},
		"status":{"allocatable":{"cpu":"2","memory":"4Gi","pods":"10","example.com/gpu":"1"}}}`,
		name, name, labels, strings.Join(spec, ","))
}

// testPod is a pod with the members of its metadata and its spec.
func testPod(name, metadata string, spec ...string) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"ns","name":%q,"labels":{"app":"web"}%s},
		"spec":{"schedulerName":"default-scheduler"%s}}`, name, metadata, join(spec))
}

func join(members []string) string {
	if len(members) == 0 {
		return ""
	}
	return "," + strings.Join(members, ",")
}

// requests is a container's resources.
func requests(quantities string) string { return `{"resources":{"requests":{` + quantities + `}}}` }

func containers(all ...string) string { return `"containers":[` + strings.Join(all, ",") + `]` }

// bound is the node of a pod as a member of its spec.
func bound(node string) string { return fmt.Sprintf(`"nodeName":%q`, node) }

const (
	zoneA = `,"topology.kubernetes.io/zone":"a"`
	zoneB = `,"topology.kubernetes.io/zone":"b"`
)

func nodeAffinity(terms string) string {
	return `"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[` + terms + `]}}}`
}

func podAffinity(kind, term string) string {
	return `"affinity":{"` + kind + `":{"requiredDuringSchedulingIgnoredDuringExecution":[` + term + `]}}`
}

func near(app, key, more string) string {
	return fmt.Sprintf(`{"labelSelector":{"matchLabels":{"app":%q}},"topologyKey":%q%s}`, app, key, more)
}

func expression(key, operator string, values ...string) string {
	return fmt.Sprintf(`{"key":%q,"operator":%q,"values":["%s"]}`, key, operator, strings.Join(values, `","`))
}

func spread(rest string) string {
	return `"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"topology.kubernetes.io/zone","whenUnsatisfiable":"DoNotSchedule",
		"labelSelector":{"matchLabels":{"app":"web"}}` + rest + `}]`
}

// settle runs the plugin until nothing changes.
func settle(t *testing.T, env *sdktest.Env) {
	t.Helper()
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
}

// placeOf returns the node of the pod, or what its condition says.
func placeOf(o sdktest.Object) string {
	if node := o.Text("spec.nodeName"); node != "" {
		return node
	}
	return o.Text("status.conditions.0.message")
}

func TestFilters(t *testing.T) {
	two := []string{testNode("a", zoneA), testNode("b", zoneB)}
	one := two[:1:1]
	full := testPod("q", "", bound("a"), containers(requests(`"cpu":"1500m","memory":"1Gi"`)))
	tainted := testNode("a", "", `"taints":[{"key":"k","value":"v","effect":"NoSchedule"}]`)
	const oneNode = "0/1 nodes are available: 1 "
	tests := map[string]struct {
		objects []string
		pod     string
		want    string
	}{
		"NoNodes":      {nil, testPod("p", ""), "no nodes available to schedule pods"},
		"Fits":         {append(one, full), testPod("p", "", containers(requests(`"cpu":"500m"`))), "a"},
		"CPU":          {append(one, full), testPod("p", "", containers(requests(`"cpu":"501m"`))), oneNode + "Insufficient cpu."},
		"Memory":       {append(one, full), testPod("p", "", containers(requests(`"memory":"3.1Gi"`))), oneNode + "Insufficient memory."},
		"Both":         {append(one, full), testPod("p", "", containers(requests(`"cpu":"2","memory":"4Gi"`))), oneNode + "Insufficient cpu, 1 Insufficient memory."},
		"Ephemeral":    {one, testPod("p", "", containers(requests(`"ephemeral-storage":"1"`))), oneNode + "Insufficient ephemeral-storage."},
		"Extended":     {append(one, testPod("q", "", bound("a"), containers(requests(`"example.com/gpu":"1"`)))), testPod("p", "", containers(requests(`"example.com/gpu":"1"`))), oneNode + "Insufficient example.com/gpu."},
		"SumOfAll":     {one, testPod("p", "", containers(requests(`"cpu":"1"`), requests(`"cpu":"1001m"`))), oneNode + "Insufficient cpu."},
		"Init":         {one, testPod("p", "", `"initContainers":[`+requests(`"cpu":"2001m"`)+`]`), oneNode + "Insufficient cpu."},
		"InitNotAdded": {one, testPod("p", "", `"initContainers":[`+requests(`"cpu":"2"`)+`]`, containers(requests(`"cpu":"2"`))), "a"},
		"Sidecar":      {one, testPod("p", "", `"initContainers":[{"restartPolicy":"Always","resources":{"requests":{"cpu":"1"}}}]`, containers(requests(`"cpu":"1001m"`))), oneNode + "Insufficient cpu."},
		"InitBesideSidecar": {one, testPod("p", "", `"initContainers":[{"restartPolicy":"Always","resources":{"requests":{"cpu":"1"}}},`+
			requests(`"cpu":"1001m"`)+`]`), oneNode + "Insufficient cpu."},
		"Overhead":   {one, testPod("p", "", `"overhead":{"cpu":"1m"}`, containers(requests(`"cpu":"2"`))), oneNode + "Insufficient cpu."},
		"WholePod":   {one, testPod("p", "", `"resources":{"requests":{"cpu":"2001m"}}`, containers(requests(`"cpu":"1"`))), oneNode + "Insufficient cpu."},
		"EndedPods":  {append(one, strings.Replace(full, `"spec":`, `"status":{"phase":"Succeeded"},"spec":`, 1)), testPod("p", "", containers(requests(`"cpu":"2"`))), "a"},
		"TooMany":    {[]string{strings.Replace(one[0], `"pods":"10"`, `"pods":"1"`, 1), full}, testPod("p", ""), oneNode + "Too many pods."},
		"Taint":      {[]string{tainted}, testPod("p", ""), oneNode + "node(s) had untolerated taint(s)."},
		"NoExecute":  {[]string{strings.Replace(tainted, "NoSchedule", "NoExecute", 1)}, testPod("p", ""), oneNode + "node(s) had untolerated taint(s)."},
		"Preferred":  {[]string{strings.Replace(tainted, "NoSchedule", "PreferNoSchedule", 1)}, testPod("p", ""), "a"},
		"Tolerated":  {[]string{tainted}, testPod("p", "", `"tolerations":[{"key":"k","value":"v","effect":"NoSchedule"}]`), "a"},
		"OtherValue": {[]string{tainted}, testPod("p", "", `"tolerations":[{"key":"k","value":"w"}]`), oneNode + "node(s) had untolerated taint(s)."},
		"Exists":     {[]string{tainted}, testPod("p", "", `"tolerations":[{"key":"k","operator":"Exists"}]`), "a"},
		"Everything": {[]string{tainted}, testPod("p", "", `"tolerations":[{"operator":"Exists"}]`), "a"},
		"OtherEffect": {[]string{tainted}, testPod("p", "", `"tolerations":[{"operator":"Exists","effect":"NoExecute"}]`),
			oneNode + "node(s) had untolerated taint(s)."},
		"Cordoned":          {[]string{testNode("a", "", `"unschedulable":true`)}, testPod("p", ""), oneNode + "node(s) were unschedulable."},
		"CordonedTolerated": {[]string{testNode("a", "", `"unschedulable":true`)}, testPod("p", "", `"tolerations":[{"key":"node.kubernetes.io/unschedulable","operator":"Exists"}]`), "a"},
		"Selector":          {two, testPod("p", "", `"nodeSelector":{"topology.kubernetes.io/zone":"b"}`), "b"},
		"SelectorNone":      {two, testPod("p", "", `"nodeSelector":{"x":"y"}`), "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."},
		"In":                {two, testPod("p", "", nodeAffinity(`{"matchExpressions":[`+expression("topology.kubernetes.io/zone", "In", "b", "c")+`]}`)), "b"},
		"NotIn":             {two, testPod("p", "", nodeAffinity(`{"matchExpressions":[`+expression("topology.kubernetes.io/zone", "NotIn", "a")+`]}`)), "b"},
		"LabelExists":       {[]string{two[0], testNode("b", `,"x":""`)}, testPod("p", "", nodeAffinity(`{"matchExpressions":[{"key":"x","operator":"Exists"}]}`)), "b"},
		"DoesNotExist":      {[]string{two[0], testNode("b", "")}, testPod("p", "", nodeAffinity(`{"matchExpressions":[{"key":"topology.kubernetes.io/zone","operator":"DoesNotExist"}]}`)), "b"},
		"Gt":                {[]string{testNode("a", `,"n":"5"`), testNode("b", `,"n":"6"`)}, testPod("p", "", nodeAffinity(`{"matchExpressions":[`+expression("n", "Gt", "5")+`]}`)), "b"},
		"Lt":                {[]string{testNode("a", `,"n":"5"`), testNode("b", `,"n":"4"`)}, testPod("p", "", nodeAffinity(`{"matchExpressions":[`+expression("n", "Lt", "5")+`]}`)), "b"},
		"OneOfTwoTerms": {two, testPod("p", "", nodeAffinity(`{"matchExpressions":[`+expression("x", "In", "y")+`]},{"matchExpressions":[`+
			expression("topology.kubernetes.io/zone", "In", "b")+`]}`)), "b"},
		"EmptyTerm":      {one, testPod("p", "", nodeAffinity(`{}`)), oneNode + "node(s) didn't match Pod's node affinity/selector."},
		"Field":          {two, testPod("p", "", nodeAffinity(`{"matchFields":[`+expression("metadata.name", "In", "b")+`]}`)), "b"},
		"Port":           {append(two, testPod("q", "", bound("a"), containers(`{"ports":[{"hostPort":80}]}`))), testPod("p", "", containers(`{"ports":[{"hostPort":80,"protocol":"TCP","hostIP":"10.0.0.1"}]}`)), "b"},
		"PortTaken":      {append(one, testPod("q", "", bound("a"), containers(`{"ports":[{"hostPort":80}]}`))), testPod("p", "", containers(`{"ports":[{"hostPort":80}]}`)), oneNode + "node(s) didn't have free ports for the requested pod ports."},
		"OtherProtocol":  {append(one, testPod("q", "", bound("a"), containers(`{"ports":[{"hostPort":80}]}`))), testPod("p", "", containers(`{"ports":[{"hostPort":80,"protocol":"UDP"}]}`)), "a"},
		"OtherAddress":   {append(one, testPod("q", "", bound("a"), containers(`{"ports":[{"hostPort":80,"hostIP":"10.0.0.1"}]}`))), testPod("p", "", containers(`{"ports":[{"hostPort":80,"hostIP":"10.0.0.2"}]}`)), "a"},
		"Near":           {append(two, testPod("q", "", bound("b"))), testPod("p", "", podAffinity("podAffinity", near("web", "topology.kubernetes.io/zone", ""))), "b"},
		"NearNobody":     {two, testPod("p", "", podAffinity("podAffinity", near("db", "topology.kubernetes.io/zone", ""))), "0/2 nodes are available: 2 node(s) didn't match pod affinity rules."},
		"NearItself":     {one, testPod("p", "", podAffinity("podAffinity", near("web", "topology.kubernetes.io/zone", ""))), "a"},
		"NearInOther":    {append(two, strings.Replace(testPod("q", "", bound("b")), `"ns"`, `"other"`, 1)), testPod("p", "", podAffinity("podAffinity", near("web", "topology.kubernetes.io/zone", `,"namespaces":["other"]`))), "b"},
		"NearEverywhere": {append(two, strings.Replace(testPod("q", "", bound("b")), `"ns"`, `"other"`, 1)), testPod("p", "", podAffinity("podAffinity", near("web", "topology.kubernetes.io/zone", `,"namespaceSelector":{}`))), "b"},
		"NearSelectedNamespace": {append(two, strings.Replace(testPod("q", "", bound("b")), `"ns"`, `"other"`, 1), testPod("r", "", bound("a")),
			`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"other","labels":{"team":"x"}}}`),
			testPod("p", "", podAffinity("podAffinity", near("web", "topology.kubernetes.io/zone", `,"namespaceSelector":{"matchLabels":{"team":"x"}}`))), "b"},
		"Far":       {append(two, testPod("q", "", bound("a"))), testPod("p", "", podAffinity("podAntiAffinity", near("web", "kubernetes.io/hostname", ""))), "b"},
		"FarNone":   {append(one, testPod("q", "", bound("a"))), testPod("p", "", podAffinity("podAntiAffinity", near("web", "kubernetes.io/hostname", ""))), oneNode + "node(s) didn't match pod anti-affinity rules."},
		"OthersFar": {append(one, testPod("q", "", bound("a"), podAffinity("podAntiAffinity", near("web", "kubernetes.io/hostname", "")))), testPod("p", ""), oneNode + "node(s) didn't satisfy existing pods anti-affinity rules."},
		"Spread":    {append(two, testPod("q", "", bound("a"))), testPod("p", "", spread("")), "b"},
		"SpreadFull": {[]string{two[0], testNode("b", zoneB, `"unschedulable":true`), testPod("q", "", bound("a"))}, testPod("p", "", spread("")),
			"0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable."},
		"SpreadNoLabel":    {[]string{testNode("a", "")}, testPod("p", "", spread("")), oneNode + "node(s) didn't match pod topology spread constraints (missing required label)."},
		"SpreadMinDomains": {append(one, testPod("q", "", bound("a"))), testPod("p", "", spread(`,"minDomains":2`)), oneNode + "node(s) didn't match pod topology spread constraints."},
		"SpreadHonorTaints": {[]string{two[0], testNode("b", zoneB, `"taints":[{"key":"k","effect":"NoSchedule"}]`), testPod("q", "", bound("a"))},
			testPod("p", "", spread(`,"nodeTaintsPolicy":"Honor"`)), "a"},
		"Gated":          {one, testPod("p", "", `"schedulingGates":[{"name":"g"}]`), ""},
		"OtherScheduler": {one, strings.Replace(testPod("p", ""), "default-scheduler", "mine", 1), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			env := sdktest.New(t)
			for _, o := range append(slices.Clone(tt.objects), tt.pod) {
				env.Add(o)
			}
			settle(t, env)
			if got := placeOf(env.Get("Pod", podKey)); got != tt.want {
				t.Errorf("pod is on, or its condition says: got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestScores(t *testing.T) {
	two := []string{testNode("a", zoneA), testNode("b", zoneB)}
	owned := `,"ownerReferences":[{"kind":"ReplicaSet","name":"rs","uid":"u","controller":true}]`
	tests := map[string]struct {
		objects []string
		pod     string
	}{
		"LeastAllocated": {append(two, testPod("q", "", bound("a"), containers(requests(`"cpu":"1"`)))), testPod("p", owned)},
		"SameOwner":      {append(two, testPod("q", owned, bound("a")), testPod("r", "", bound("b"), containers(requests(`"cpu":"1"`)))), testPod("p", owned)},
		"SameLabels":     {append(two, testPod("q", "", bound("a")), strings.Replace(testPod("r", "", bound("b"), containers(requests(`"cpu":"1"`))), `"web"`, `"db"`, 1)), testPod("p", "")},
		"SoftSpread": {append(two, testPod("q", "", bound("a")), strings.Replace(testPod("r", owned, bound("b"), containers(requests(`"cpu":"1"`))), `"web"`, `"db"`, 1)),
			strings.Replace(testPod("p", owned, spread("")), "DoNotSchedule", "ScheduleAnyway", 1)},
		"PreferredNode": {append(two, testPod("q", "", bound("b"), containers(requests(`"cpu":"1"`)))), testPod("p", owned,
			`"affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"preference":{"matchExpressions":[`+
				expression("topology.kubernetes.io/zone", "In", "b")+`]}}]}}`)},
		"PreferredNear": {append(two, testPod("q", "", bound("b"), containers(requests(`"cpu":"1"`)))), testPod("p", owned,
			`"affinity":{"podAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"podAffinityTerm":`+
				near("web", "topology.kubernetes.io/zone", "")+`}]}}`)},
		"PreferredFar": {append(two, strings.Replace(testPod("q", "", bound("a")), `"web"`, `"db"`, 1), testPod("r", "", bound("b"), containers(requests(`"cpu":"1"`)))), testPod("p", owned,
			`"affinity":{"podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"podAffinityTerm":`+
				near("db", "topology.kubernetes.io/zone", "")+`}]}}`)},
		"PreferNoSchedule": {[]string{testNode("a", zoneA, `"taints":[{"key":"k","effect":"PreferNoSchedule"}]`), two[1],
			testPod("q", "", bound("b"), containers(requests(`"cpu":"1"`)))}, testPod("p", owned)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			env := sdktest.New(t)
			for _, o := range append(slices.Clone(tt.objects), tt.pod) {
				env.Add(o)
			}
			settle(t, env)
			if got := placeOf(env.Get("Pod", podKey)); got != "b" {
				t.Errorf("pod is on %q, want b", got)
			}
		})
	}
}

// TestBatch places more pods than there is room for, those of high priority
// first, and the rest when there is room again.
func TestBatch(t *testing.T) {
	env := sdktest.New(t, testNode("a", ""), testNode("b", ""))
	for i := range 6 {
		env.Add(testPod(fmt.Sprint("p", i), "", fmt.Sprintf(`"priority":%d`, i), containers(requests(`"cpu":"1"`))))
	}
	settle(t, env)
	place := func() map[string]string {
		places := map[string]string{}
		for _, p := range env.List("Pod") {
			places[p.Key().Name] = p.Text("spec.nodeName")
		}
		return places
	}
	count := map[string]int{}
	for _, node := range place() {
		count[node]++
	}
	if diff := cmp.Diff(map[string]int{"a": 2, "b": 2, "": 2}, count); diff != "" {
		t.Errorf("pods by node (-want +got):\n%s", diff)
	}
	for _, low := range []string{"p0", "p1"} {
		if node := place()[low]; node != "" {
			t.Errorf("pod %s of low priority is on %s, want it to wait", low, node)
		}
	}
	env.Kill("Pod", sdk.Key{Namespace: "ns", Name: "p5"})
	settle(t, env)
	if place()["p1"] == "" || place()["p0"] != "" {
		t.Errorf("after one pod has ended: got %v, want p1 placed and p0 waiting", place())
	}
}

func TestReports(t *testing.T) {
	env := sdktest.New(t, testNode("a", "", `"unschedulable":true`), testPod("p", ""))
	settle(t, env)
	settle(t, env)
	env.Patch("Node", sdk.Key{Name: "a"}, `{"spec":{"unschedulable":false}}`)
	settle(t, env)
	var got []string
	for _, e := range env.Events() {
		got = append(got, fmt.Sprintf("%s %s %s: %s x%d", e.Source, e.Type, e.Reason, e.Message, e.Count))
	}
	want := []string{
		"default-scheduler Warning FailedScheduling: 0/1 nodes are available: 1 node(s) were unschedulable. x1",
		"default-scheduler Normal Scheduled: Successfully assigned ns/p to a x1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	condition := env.Get("Pod", podKey)
	if condition.Text("status.conditions.0.type") != "PodScheduled" || condition.Text("status.conditions.0.reason") != "Unschedulable" {
		t.Errorf("condition: got %v, want PodScheduled, Unschedulable", condition.Field("status.conditions"))
	}
	if writes := len(env.Writes()); writes != 2 {
		t.Errorf("writes: got %d, want a condition and a binding: %+v", writes, env.Writes())
	}
}

// TestLostAnswer has a binding made whose answer is lost: its room is taken.
func TestLostAnswer(t *testing.T) {
	env := sdktest.New(t, testNode("a", ""), testPod("p", "", containers(requests(`"cpu":"2"`))), testPod("q", "", containers(requests(`"cpu":"2"`))))
	lost := false
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Subresource == "binding" && !lost {
			lost = true
			return errors.New("the answer is lost")
		}
		return nil
	}
	if _, err := env.Reconcile("scheduler", sdk.Key{}); err == nil {
		t.Fatal("reconcile: got no error, want that of the binding")
	}
	for _, p := range env.List("Pod") {
		if node := p.Text("spec.nodeName"); node != "" {
			t.Errorf("pod %s is on %s in the batch of a failed binding, want its room kept", p.Key(), node)
		}
	}
}

// TestRefused has the API server refuse one binding of two, for a while.
func TestRefused(t *testing.T) {
	env := sdktest.New(t, testNode("a", ""), testPod("p", ""), testPod("q", ""))
	refuse := true
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Subresource == "binding" && o.Key == podKey && refuse {
			return &sdk.APIError{Status: abi.StatusForbidden, Message: "not that one"}
		}
		return nil
	}
	settle(t, env)
	if got, want := placeOf(env.Get("Pod", podKey)), "binding rejected: "; !strings.HasPrefix(got, want) {
		t.Errorf("condition of the pod: got %q, want %q and why", got, want)
	}
	if got := placeOf(env.Get("Pod", sdk.Key{Namespace: "ns", Name: "q"})); got != "a" {
		t.Errorf("the other pod is on %q, want a", got)
	}
	refuse = false
	env.Advance(refusedWait)
	settle(t, env)
	if got := placeOf(env.Get("Pod", podKey)); got != "a" {
		t.Errorf("the pod that was refused is on %q, want a", got)
	}
}

func TestParseAmount(t *testing.T) {
	for quantity, want := range map[string]amount{
		"0": 0, "1": 1000, "500m": 500, "0.5": 500, "1.5Gi": 1.5 * (1 << 30) * 1000, "128Mi": 128 << 20 * 1000, "1k": 1e6,
		"1e3": 1e6, "100u": 1, "1n": 1, "": 0, "x": 0, "1x": 0, "12E6": 12e9, "9E": math.MaxInt64 / 2,
	} {
		if got := parseAmount(quantity); got != want {
			t.Errorf("parseAmount(%q): got %d, want %d", quantity, got, want)
		}
	}
}

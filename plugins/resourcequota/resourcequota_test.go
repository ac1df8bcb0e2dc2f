// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package resourcequota

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

func TestMain(m *testing.M) {
	Register()
	m.Run()
}

var (
	key  = sdk.Key{Namespace: "ns", Name: "q"}
	all  = []string{"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
	core = []sdk.APIResource{
		{Version: "v1", Resource: "configmaps", Kind: "ConfigMap", Namespaced: true, Verbs: all, Preferred: true},
		{Version: "v1", Resource: "secrets", Kind: "Secret", Namespaced: true, Verbs: all, Preferred: true},
		{Version: "v1", Resource: "events", Kind: "Event", Namespaced: true, Verbs: all, Preferred: true},
		{Version: "v1", Resource: "resourcequotas", Kind: "ResourceQuota", Namespaced: true, Verbs: all, Preferred: true},
		{Group: "apps", Version: "v1", Resource: "deployments", Kind: "Deployment", Namespaced: true, Verbs: all, Preferred: true},
		{Group: "example.com", Version: "v1", Resource: "lamps", Kind: "Lamp", Namespaced: true, Verbs: all, Preferred: true},
		{Group: "resource.k8s.io", Version: "v1", Resource: "resourceclaims", Kind: "ResourceClaim", Namespaced: true, Verbs: all, Preferred: true},
		{Group: "example.com", Version: "v1", Resource: "shades", Kind: "Shade", Namespaced: true, Verbs: []string{"get", "list"}, Preferred: true},
	}
)

// quota is the quota q for the keys, with more members of its spec.
func quota(rest string, keys ...string) string {
	var hard []string
	for _, key := range keys {
		hard = append(hard, fmt.Sprintf("%q:%q", key, "100Gi"))
	}
	return fmt.Sprintf(`{"kind":"ResourceQuota","metadata":{"namespace":"ns","name":"q","labels":{"team":"a"},"annotations":{"note":"b"}},"spec":{"hard":{%s}%s}}`,
		strings.Join(hard, ","), rest)
}

// object is one in the namespace ns; members begin with a comma.
func object(kind, name, members string) string {
	return fmt.Sprintf(`{"kind":%q,"metadata":{"namespace":"ns","name":%q}%s}`, kind, name, members)
}

// pod has one container with these resources, and more in its spec and status.
func pod(name, resources, spec, status string) string {
	return object("Pod", name, fmt.Sprintf(`,"spec":{"containers":[{"name":"c","resources":{%s}}]%s},"status":{"phase":"Running"%s}`, resources, spec, status))
}

func newEnv(t *testing.T, objects ...string) *sdktest.Env {
	t.Helper()
	env := sdktest.New(t)
	env.Serve(core...)
	for _, o := range objects {
		env.Add(o)
	}
	settle(t, env)
	return env
}

func settle(t *testing.T, env *sdktest.Env) {
	t.Helper()
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
}

// used returns what the quota says is used: "pods=1 services=2".
func used(env *sdktest.Env) string {
	entries, _ := env.Get("ResourceQuota", key).Field("status.used").(map[string]any)
	o := sdktest.Object{"metadata": map[string]any{"labels": entries}}
	var texts []string
	for _, l := range o.Labels() {
		texts = append(texts, l.Key+"="+l.Value)
	}
	return strings.Join(texts, " ")
}

func TestUsed(t *testing.T) {
	const (
		half = `"requests":{"cpu":"500m","memory":"1Gi"},"limits":{"cpu":"2"}`
		gone = `,"deletionTimestamp":"2029-12-31T23:00:00Z","deletionGracePeriodSeconds":30`
	)
	compute := []string{"cpu", "limits.cpu", "memory", "requests.cpu"}
	claim := func(name, class, storage string) string {
		return object("PersistentVolumeClaim", name, fmt.Sprintf(`,"spec":{"storageClassName":%q,"resources":{"requests":{"storage":%q}}}`, class, storage))
	}
	service := func(name, kind, rest string) string {
		return object("Service", name, fmt.Sprintf(`,"spec":{"type":%q,"ports":[{"port":1},{"port":2,"nodePort":30000}]%s}`, kind, rest))
	}
	devices := func(name, requests string) string {
		return object("ResourceClaim", name, `,"spec":{"devices":{"requests":[`+requests+`]}}`)
	}
	storage := []string{"gold.storageclass.storage.k8s.io/persistentvolumeclaims", "gold.storageclass.storage.k8s.io/requests.storage", "persistentvolumeclaims", "requests.storage"}
	for _, c := range []struct {
		rule    string
		keys    []string
		spec    string // of the quota
		objects []string
		used    string
	}{
		{rule: "nothing is used at first", keys: []string{"pods", "requests.cpu", "services", "requests.storage", "configmaps"}, used: "configmaps=0 pods=0 requests.cpu=0 requests.storage=0 services=0"},
		{rule: "requests and limits of pods add up", keys: compute, objects: []string{pod("a", half, "", ""), pod("b", half, "", "")},
			used: "cpu=1 limits.cpu=4 memory=2Gi requests.cpu=1"},
		{rule: "what has ended only is there", keys: []string{"count/pods", "pods", "requests.cpu"},
			objects: []string{object("Pod", "a", `,"status":{"phase":"Succeeded"}`), object("Pod", "b", `,"status":{"phase":"Failed"}`), pod("c", half, "", "")},
			used:    "count/pods=3 pods=1 requests.cpu=500m"},
		{rule: "as does what should have ended", keys: []string{"count/pods", "pods"},
			objects: []string{strings.Replace(pod("a", half, "", ""), `"name":"a"`, `"name":"a","finalizers":["x/y"]`+gone, 1)}, used: "count/pods=1 pods=0"},
		{rule: "but not before its time", keys: []string{"pods"},
			objects: []string{strings.Replace(pod("a", half, "", ""), `"name":"a"`, `"name":"a"`+strings.ReplaceAll(gone, "23:00:00", "23:59:50"), 1)}, used: "pods=1"},
		{rule: "an init container counts if it is more", keys: compute,
			objects: []string{pod("a", half, `,"initContainers":[{"name":"i","resources":{"requests":{"cpu":"3","memory":"1Mi"}}}]`, "")},
			used:    "cpu=3 limits.cpu=2 memory=1Gi requests.cpu=3"},
		{rule: "with the sidecars before it", keys: []string{"requests.cpu"},
			objects: []string{pod("a", half, `,"initContainers":[{"name":"s","restartPolicy":"Always","resources":{"requests":{"cpu":"1"}}},{"name":"i","resources":{"requests":{"cpu":"3"}}}]`, "")},
			used:    "requests.cpu=4"},
		{rule: "a sidecar always counts", keys: []string{"requests.cpu"},
			objects: []string{pod("a", half, `,"initContainers":[{"name":"i","resources":{"requests":{"cpu":"1"}}},{"name":"s","restartPolicy":"Always","resources":{"requests":{"cpu":"1"}}}]`, "")},
			used:    "requests.cpu=1500m"},
		{rule: "overhead counts, in limits where there is one", keys: []string{"limits.cpu", "limits.memory", "requests.cpu", "requests.memory"},
			objects: []string{pod("a", half, `,"overhead":{"cpu":"250m","memory":"1Gi"}`, "")},
			used:    "limits.cpu=2250m limits.memory=0 requests.cpu=750m requests.memory=2Gi"},
		{rule: "the pod as a whole goes before its containers", keys: compute,
			objects: []string{pod("a", half, `,"resources":{"requests":{"cpu":"4"},"limits":{"cpu":"5"}}`, "")},
			used:    "cpu=4 limits.cpu=5 memory=1Gi requests.cpu=4"},
		{rule: "while it is resized a pod takes the larger size", keys: []string{"limits.cpu", "requests.cpu"},
			objects: []string{pod("a", half, "", `,"containerStatuses":[{"name":"c","allocatedResources":{"cpu":"1"},"resources":{"requests":{"cpu":"700m"},"limits":{"cpu":"3"}}}]`)},
			used:    "limits.cpu=3 requests.cpu=1"},
		{rule: "but not one that cannot be", keys: []string{"limits.cpu", "requests.cpu"},
			objects: []string{pod("a", half, "", `,"conditions":[{"type":"PodResizePending","reason":"Infeasible"}],"containerStatuses":[{"name":"c","allocatedResources":{"cpu":"200m"},"resources":{"requests":{"cpu":"200m"},"limits":{"cpu":"1"}}}]`)},
			used:    "limits.cpu=1 requests.cpu=200m"},
		{rule: "extended resources and huge pages", keys: []string{"hugepages-2Mi", "requests.example.com/gpu", "requests.ephemeral-storage", "requests.hugepages-2Mi", "limits.ephemeral-storage"},
			objects: []string{pod("a", `"requests":{"example.com/gpu":"2","hugepages-2Mi":"4Mi","ephemeral-storage":"1G"}`, "", "")},
			used:    "hugepages-2Mi=4Mi limits.ephemeral-storage=0 requests.ephemeral-storage=1G requests.example.com/gpu=2 requests.hugepages-2Mi=4Mi"},
		{rule: "what a class of devices gives, by its name", keys: []string{"requests.deviceclass.resource.kubernetes.io/gold"},
			objects: []string{pod("a", `"requests":{"deviceclass.resource.kubernetes.io/gold":"3"}`, "", "")},
			used:    "requests.deviceclass.resource.kubernetes.io/gold=3"},
		{rule: "an init container counts for extended resources too", keys: []string{"requests.example.com/gpu"},
			objects: []string{pod("a", `"requests":{"example.com/gpu":"2"}`, `,"initContainers":[{"name":"i","resources":{"requests":{"example.com/gpu":"3"}}}]`, "")},
			used:    "requests.example.com/gpu=3"},
		{rule: "devices that claims may be given", keys: []string{"count/resourceclaims.resource.k8s.io", "gold.deviceclass.resource.k8s.io/devices", "lead.deviceclass.resource.k8s.io/devices"},
			objects: []string{
				devices("a", `{"name":"r","exactly":{"deviceClassName":"gold","allocationMode":"ExactCount","count":2}},{"name":"s","exactly":{"deviceClassName":"lead","allocationMode":"ExactCount","count":1}}`),
				devices("b", `{"name":"r","exactly":{"deviceClassName":"gold","allocationMode":"All"}}`),
				devices("c", `{"name":"r","firstAvailable":[{"name":"x","deviceClassName":"gold","allocationMode":"ExactCount","count":3},{"name":"y","deviceClassName":"gold","allocationMode":"ExactCount","count":5},{"name":"z","deviceClassName":"lead","allocationMode":"ExactCount","count":4}]}`),
			},
			used: "count/resourceclaims.resource.k8s.io=3 gold.deviceclass.resource.k8s.io/devices=39 lead.deviceclass.resource.k8s.io/devices=5"},
		{rule: "devices are in no scope", keys: []string{"gold.deviceclass.resource.k8s.io/devices"}, spec: `,"scopes":["NotTerminating"]`,
			objects: []string{devices("a", `{"name":"r","exactly":{"deviceClassName":"gold","allocationMode":"All"}}`)},
			used:    "gold.deviceclass.resource.k8s.io/devices=0"},
		{rule: "what is unknown is left out", keys: []string{"count/nothing.example.com", "count/shades.example.com", "count/events", "gpus", "limits.example.com/gpu", "pods"}, used: "pods=0"},
		{rule: "services by type", keys: []string{"count/services", "services", "services.loadbalancers", "services.nodeports"},
			objects: []string{service("a", "ClusterIP", ""), service("b", "NodePort", ""), service("c", "LoadBalancer", ""), service("d", "LoadBalancer", `,"allocateLoadBalancerNodePorts":false`)},
			used:    "count/services=4 services=4 services.loadbalancers=2 services.nodeports=5"},
		{rule: "storage, by class too", keys: storage, objects: []string{claim("a", "gold", "1Gi"), claim("b", "lead", "2Gi"), claim("c", "gold", "1500m")},
			used: "gold.storageclass.storage.k8s.io/persistentvolumeclaims=2 gold.storageclass.storage.k8s.io/requests.storage=1073741826 persistentvolumeclaims=3 requests.storage=3221225474"},
		{rule: "the old annotation names the class", keys: storage[:1],
			objects: []string{strings.Replace(claim("a", "lead", "1Gi"), `"name":"a"`, `"name":"a","annotations":{"volume.beta.kubernetes.io/storage-class":"gold"}`, 1)},
			used:    "gold.storageclass.storage.k8s.io/persistentvolumeclaims=1"},
		{rule: "a claim that got more takes more", keys: storage[3:],
			objects: []string{strings.TrimSuffix(claim("a", "gold", "1Gi"), "}") + `,"status":{"allocatedResources":{"storage":"3Gi"}}}`}, used: "requests.storage=3Gi"},
		{rule: "objects of any resource are counted", keys: []string{"configmaps", "count/configmaps", "count/deployments.apps", "count/lamps.example.com", "resourcequotas", "secrets"},
			objects: []string{object("ConfigMap", "a", ""), object("Deployment", "a", ""), object("Lamp", "a", ""), object("Lamp", "b", ""),
				`{"kind":"ConfigMap","metadata":{"namespace":"other","name":"a"}}`},
			used: "configmaps=1 count/configmaps=1 count/deployments.apps=1 count/lamps.example.com=2 resourcequotas=1 secrets=0"},
		{rule: "other resources are in no scope", keys: []string{"configmaps", "persistentvolumeclaims", "services"}, spec: `,"scopes":["BestEffort"]`,
			objects: []string{object("ConfigMap", "a", ""), claim("a", "", "1"), service("a", "ClusterIP", "")}, used: "configmaps=0 persistentvolumeclaims=0 services=0"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			env := newEnv(t, append(c.objects, quota(c.spec, c.keys...))...)
			if got := used(env); got != c.used {
				t.Errorf("used:\n got %s\nwant %s", got, c.used)
			}
			if got := env.Get("ResourceQuota", key).Text("status.hard." + c.keys[0]); !strings.Contains(c.keys[0], ".") && got != "100Gi" {
				t.Errorf("status.hard: got %q, want what the spec says", got)
			}
		})
	}
}

func TestScopes(t *testing.T) {
	pods := []string{
		pod("deadline", "", `,"activeDeadlineSeconds":0`, `,"qosClass":"Burstable"`),
		pod("best", "", "", `,"qosClass":"BestEffort"`),
		pod("high", "", `,"priorityClassName":"high"`, `,"qosClass":"Burstable"`),
		pod("low", "", `,"priorityClassName":"low"`, `,"qosClass":"Guaranteed"`),
		pod("near", "", `,"affinity":{"podAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"podAffinityTerm":{"namespaceSelector":{}}}]}}`, `,"qosClass":"Burstable"`),
		pod("far", "", `,"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"namespaces":["x"]},{}]}}`, `,"qosClass":"Burstable"`),
		pod("home", "", `,"affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{}]}}`, `,"qosClass":"Burstable"`),
	}
	selector := func(operator, values string) string {
		return fmt.Sprintf(`,"scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":%q,"values":[%s]}]}`, operator, values)
	}
	for _, c := range []struct {
		spec string
		pods int
	}{
		{"", 7},
		{`,"scopes":["Terminating"]`, 1},
		{`,"scopes":["NotTerminating"]`, 6},
		{`,"scopes":["BestEffort"]`, 1},
		{`,"scopes":["NotBestEffort"]`, 6},
		{`,"scopes":["NotTerminating","NotBestEffort"]`, 5},
		{`,"scopes":["PriorityClass"]`, 2},
		{`,"scopes":["CrossNamespacePodAffinity"]`, 2},
		{`,"scopes":["VolumeAttributesClass"]`, 0},
		{`,"scopes":["NotBestEffort"]` + selector("In", `"high","low"`), 2},
		{`,"scopes":["Terminating"]` + selector("In", `"high","low"`), 0},
		{selector("In", `"high","other"`), 1},
		{selector("NotIn", `"high"`), 6},
		{selector("Exists", ""), 2},
		{selector("DoesNotExist", ""), 5},
	} {
		t.Run(c.spec, func(t *testing.T) {
			env := newEnv(t, append(pods, quota(c.spec, "pods"))...)
			if got, want := used(env), fmt.Sprintf("pods=%d", c.pods); got != want {
				t.Errorf("used: got %s, want %s", got, want)
			}
		})
	}
}

func TestScopesOfClaims(t *testing.T) {
	claims := []string{
		object("PersistentVolumeClaim", "none", ""),
		object("PersistentVolumeClaim", "fast", `,"spec":{"volumeAttributesClassName":"fast"}`),
		object("PersistentVolumeClaim", "both", `,"spec":{"volumeAttributesClassName":"slow"},"status":{"currentVolumeAttributesClassName":"fast"}`),
		object("PersistentVolumeClaim", "next", `,"status":{"modifyVolumeStatus":{"targetVolumeAttributesClassName":"fast","status":"Pending"}}`),
	}
	for _, c := range []struct {
		operator, values string
		claims           int
	}{{"In", `"fast"`, 3}, {"NotIn", `"fast"`, 2}, {"Exists", "", 3}, {"DoesNotExist", "", 1}} {
		spec := fmt.Sprintf(`,"scopeSelector":{"matchExpressions":[{"scopeName":"VolumeAttributesClass","operator":%q,"values":[%s]}]}`, c.operator, c.values)
		env := newEnv(t, append(claims, quota(spec, "persistentvolumeclaims"))...)
		if got, want := used(env), fmt.Sprintf("persistentvolumeclaims=%d", c.claims); got != want {
			t.Errorf("%s: got %s, want %s", c.operator, got, want)
		}
	}
}

// TestWake checks which changes are seen at once, which soon, and which at the
// next full look only.
func TestWake(t *testing.T) {
	const running = `"requests":{"cpu":"1"}`
	at := func(name string) sdk.Key { return sdk.Key{Namespace: "ns", Name: name} }
	for _, c := range []struct {
		rule    string
		keys    []string
		objects []string
		change  func(env *sdktest.Env)
		after   time.Duration
		used    string
	}{
		{"a deleted pod", []string{"pods"}, []string{pod("a", running, "", "")}, func(e *sdktest.Env) { e.Kill("Pod", at("a")) }, 0, "pods=0"},
		{"a pod that ends", []string{"pods", "requests.cpu"}, []string{pod("a", running, "", "")},
			func(e *sdktest.Env) { e.Patch("Pod", at("a"), `{"status":{"phase":"Succeeded"}}`) }, 0, "pods=0 requests.cpu=0"},
		{"also if it has requested nothing", []string{"pods"}, []string{pod("a", "", "", "")},
			func(e *sdktest.Env) { e.Patch("Pod", at("a"), `{"status":{"phase":"Failed"}}`) }, 0, "pods=0"},
		{"a pod that becomes smaller", []string{"requests.cpu"}, []string{pod("a", running, "", "")},
			func(e *sdktest.Env) {
				e.Patch("Pod", at("a"), `{"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"200m"}}}]}}`)
			}, 0, "requests.cpu=200m"},
		{"a pod that gets a time to end", []string{"pods"}, []string{pod("a", running, "", "")},
			func(e *sdktest.Env) {
				e.Patch("ResourceQuota", key, `{"spec":{"scopes":["NotTerminating"]}}`)
				settle(t, e)
				e.Patch("Pod", at("a"), `{"spec":{"activeDeadlineSeconds":5}}`)
			}, 0, "pods=0"},
		{"a service that changes its type", []string{"services.nodeports"}, []string{object("Service", "a", `,"spec":{"type":"NodePort","ports":[{}]}`)},
			func(e *sdktest.Env) { e.Patch("Service", at("a"), `{"spec":{"type":"ClusterIP"}}`) }, 0, "services.nodeports=0"},
		{"a deleted claim", []string{"requests.storage"}, []string{object("PersistentVolumeClaim", "a", `,"spec":{"resources":{"requests":{"storage":"1Gi"}}}`)},
			func(e *sdktest.Env) { e.Delete("PersistentVolumeClaim", at("a")) }, 0, "requests.storage=0"},
		{"a deleted Deployment", []string{"count/deployments.apps"}, []string{object("Deployment", "a", "")},
			func(e *sdktest.Env) { e.Delete("Deployment", at("a")) }, 0, "count/deployments.apps=0"},
		{"a deleted quota", []string{"resourcequotas"}, []string{object("ResourceQuota", "other", "")},
			func(e *sdktest.Env) { e.Delete("ResourceQuota", at("other")) }, 0, "resourcequotas=1"},
		{"what is not watched, soon", []string{"count/lamps.example.com"}, []string{object("Lamp", "a", "")},
			func(e *sdktest.Env) { e.Delete("Lamp", at("a")) }, soon, "count/lamps.example.com=0"},
		{"also if it came after the last look and the API server counted it", []string{"count/lamps.example.com"}, nil,
			func(e *sdktest.Env) {
				e.Advance(soon)
				settle(t, e)
				e.Add(object("Lamp", "a", ""))
				e.Patch("ResourceQuota", key, `{"status":{"used":{"count/lamps.example.com":"1"}}}`)
				settle(t, e)
				e.Delete("Lamp", at("a"))
			}, soon, "count/lamps.example.com=0"},
		{"what was deleted before its admission was seen, soon", []string{"configmaps"}, []string{object("ConfigMap", "a", "")},
			func(e *sdktest.Env) {
				e.Advance(soon)
				settle(t, e)
				e.Add(object("ConfigMap", "b", ""))
				settle(t, e)
				e.Delete("ConfigMap", at("b"))
				settle(t, e)
				e.Patch("ResourceQuota", key, `{"status":{"used":{"configmaps":"2"}}}`)
			}, soon, "configmaps=1"},
		{"a new pod is the API server's to count", []string{"pods"}, nil, func(e *sdktest.Env) { e.Add(pod("a", running, "", "")) }, 0, "pods=0"},
		{"but looked for again soon", []string{"pods"}, nil, func(e *sdktest.Env) { e.Add(pod("a", running, "", "")) }, soon, "pods=1"},
		{"a changed spec", []string{"pods"}, []string{object("ConfigMap", "a", "")},
			func(e *sdktest.Env) {
				e.Patch("ResourceQuota", key, `{"spec":{"hard":{"pods":null,"configmaps":"3"}}}`)
			}, 0, "configmaps=1"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			env := newEnv(t, append(c.objects, quota("", c.keys...))...)
			c.change(env)
			env.Advance(c.after)
			settle(t, env)
			if got := used(env); got != c.used {
				t.Errorf("used: got %s, want %s", got, c.used)
			}
		})
	}
}

// TestFullLook checks that what nothing told is found after the period, which
// is a setting.
func TestFullLook(t *testing.T) {
	env := sdktest.New(t, quota("", "pods"))
	if err := env.Configure(`{"resourceQuotaSyncPeriod":"1m"}`); err != nil {
		t.Fatal(err)
	}
	settle(t, env)
	env.Advance(soon)
	settle(t, env)
	env.Add(pod("a", "", "", ""))
	env.Advance(59 * time.Second)
	settle(t, env)
	if got := used(env); got != "pods=0" {
		t.Errorf("before the period: got %s", got)
	}
	env.Advance(time.Second)
	settle(t, env)
	if got := used(env); got != "pods=1" {
		t.Errorf("after the period: got %s", got)
	}
	if err := env.Configure(`{"resourceQuotaSyncPeriod":"0s"}`); err != nil {
		t.Fatal(err)
	}
	env.Advance(time.Minute) // to the last look that was asked for
	settle(t, env)
	env.Kill("Pod", sdk.Key{Namespace: "ns", Name: "a"})
	settle(t, env)
	for _, name := range []string{"b", "c"} { // the second is after the look that a write asks for
		env.Add(pod(name, "", "", ""))
		env.Advance(soon)
		settle(t, env)
		env.Advance(soon) // b was a write
		settle(t, env)
	}
	env.Advance(24 * time.Hour)
	settle(t, env)
	if got := used(env); got != "pods=1" {
		t.Errorf("without a period: got %s, want the pod that came before the last look", got)
	}
	for _, period := range []string{"", "5", "-1m", "soon", "0.5s"} {
		if err := sdktest.New(t).Configure(fmt.Sprintf(`{"resourceQuotaSyncPeriod":%q}`, period)); err == nil {
			t.Errorf("period %q: got no error", period)
		}
	}
}

// TestIdle: of what is watched nothing is read before the next full look.
func TestIdle(t *testing.T) {
	env := newEnv(t, object("ConfigMap", "a", ""), object("Deployment", "a", ""), pod("a", "", "", ""), quota("", "configmaps", "count/deployments.apps", "pods"))
	env.Advance(soon)
	settle(t, env)
	reads := 0
	env.OnOperation = func(sdktest.Operation) error { reads++; return nil }
	env.Advance(4 * time.Minute)
	settle(t, env)
	if reads != 0 {
		t.Errorf("%d operations in four minutes, want none", reads)
	}
	env.Advance(time.Minute)
	settle(t, env)
	if reads == 0 {
		t.Error("no operations at the full look")
	}
}

// TestWrites checks that a status is written once, as a whole, and over none
// that the quota did not have when it was looked at.
func TestWrites(t *testing.T) {
	env := newEnv(t, quota("", "pods"))
	env.Advance(time.Hour)
	settle(t, env)
	if writes := env.Writes(); len(writes) != 1 || writes[0].Subresource != "status" || writes[0].Op != abi.OpUpdate {
		t.Errorf("writes: got %v, want one update of the status", writes)
	}
	q := env.Get("ResourceQuota", key)
	if q.Text("metadata.labels.team") != "a" || q.Text("metadata.annotations.note") != "b" || q.Text("spec.hard.pods") != "100Gi" {
		t.Errorf("the update of the status lost something: %s", q.JSON())
	}
	// 1000m is written differently, and no other amount.
	env.Add(pod("a", "", "", ""))
	env.Patch("ResourceQuota", key, `{"status":{"used":{"pods":"1000m"}}}`)
	env.Advance(time.Hour)
	settle(t, env)
	if n := len(env.Writes()); n != 1 {
		t.Errorf("%d writes although nothing changed, want 1", n)
	}
}

// TestFailures checks that what cannot be counted stays as it was, and keeps
// nothing else.
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		rule   string
		status abi.Status
		fails  bool
		used   string
	}{
		{"a failure is tried again", abi.StatusUnavailable, true, "configmaps=1 count/lamps.example.com=7 pods=1"},
		{"a resource that went is none", abi.StatusNotFound, false, "configmaps=1 count/lamps.example.com=7 pods=1"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			env := sdktest.New(t)
			env.Serve(core...)
			env.Add(strings.TrimSuffix(quota("", "configmaps", "count/lamps.example.com", "pods"), "}") + `,"status":{"used":{"count/lamps.example.com":"7","old":"1"}}}`)
			env.Add(pod("a", "", "", ""))
			env.Add(object("ConfigMap", "a", ""))
			env.OnOperation = func(o sdktest.Operation) error {
				if o.Resource == "example.com/v1/lamps" {
					return &sdk.APIError{Status: c.status, Message: "no"}
				}
				return nil
			}
			if err := env.Settle(); (err != nil) != c.fails {
				t.Errorf("error: %v", err)
			}
			if got := used(env); got != c.used {
				t.Errorf("used: got %s, want %s", got, c.used)
			}
		})
	}
}

// TestSeveralQuotas: of one namespace each is measured for itself, and woken by
// what it limits.
func TestSeveralQuotas(t *testing.T) {
	other := strings.Replace(quota(`,"scopes":["Terminating"]`, "pods"), `"name":"q"`, `"name":"r"`, 1)
	third := strings.Replace(quota("", "services"), `"name":"q"`, `"name":"s"`, 1)
	env := newEnv(t, quota("", "pods"), other, third, pod("a", "", "", ""), pod("b", "", `,"activeDeadlineSeconds":9`, ""))
	want := func(q, r, s string) {
		t.Helper()
		for name, want := range map[string]string{"q": q, "r": r} {
			if got := env.Get("ResourceQuota", sdk.Key{Namespace: "ns", Name: name}).Text("status.used.pods"); got != want {
				t.Errorf("quota %s: got %s pods, want %s", name, got, want)
			}
		}
		if got := env.Get("ResourceQuota", sdk.Key{Namespace: "ns", Name: "s"}).Text("status.used.services"); got != s {
			t.Errorf("quota s: got %s services, want %s", got, s)
		}
	}
	want("2", "1", "0")
	env.Add(object("Service", "new", "")) // which wakes nobody
	env.Kill("Pod", sdk.Key{Namespace: "ns", Name: "b"})
	settle(t, env)
	want("1", "0", "0")
}

// TestAdmittedMeanwhile: what the API server has counted since the quota was read
// is not overwritten, also not at once after that was noticed, since the object
// itself may not be seen yet.
func TestAdmittedMeanwhile(t *testing.T) {
	env := newEnv(t, quota("", "pods"), pod("a", "", "", ""), pod("b", "", "", ""))
	admitted := false
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpUpdate && !admitted {
			admitted = true
			env.Patch("ResourceQuota", key, `{"status":{"used":{"pods":"3"}}}`)
		}
		return nil
	}
	env.Kill("Pod", sdk.Key{Namespace: "ns", Name: "b"})
	settle(t, env)
	if got := used(env); !admitted || got != "pods=3" {
		t.Errorf("after an admission between read and write: %s, want pods=3 as it was admitted", got)
	}
	env.Add(pod("c", "", "", ""))
	env.Advance(calm)
	settle(t, env)
	if got := used(env); got != "pods=2" {
		t.Errorf("a moment later: %s, want pods=2", got)
	}
}

// TestWithoutQuotas has things come, change and go where there is no quota: the controller
// is not asked about them, and Settle fails if anything were to be done.
func TestWithoutQuotas(t *testing.T) {
	env := newEnv(t, pod("p", `"requests":{"cpu":"1"}`, "", ""), object("ConfigMap", "c", ""), object("Service", "s", ""),
		`{"kind":"ResourceQuota","metadata":{"namespace":"other","name":"q"},"spec":{"hard":{"pods":"1"}}}`)
	before := len(env.Writes())
	env.Patch("Pod", sdk.Key{Namespace: "ns", Name: "p"}, `{"status":{"phase":"Failed"}}`)
	settle(t, env)
	for _, o := range []string{"Pod p", "ConfigMap c", "Service s"} {
		kind, name, _ := strings.Cut(o, " ")
		env.Delete(kind, sdk.Key{Namespace: "ns", Name: name})
		settle(t, env)
	}
	if n := len(env.Writes()) - before; n != 0 {
		t.Errorf("%d writes, want none", n)
	}
}

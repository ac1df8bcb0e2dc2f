// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodelifecycle

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/sdk"
)

func TestNoScheduleTaints(t *testing.T) {
	set := func(name, status string) string {
		return `{"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"` + name + `","status":"` + status + `"}]}}`
	}
	for _, test := range []struct {
		rule, change, want string
	}{
		{"a node that is well has none", set("MemoryPressure", "False"), ""},
		{"not ready", `{"status":{"conditions":[{"type":"Ready","status":"False"}]}}`, "not-ready:Execute not-ready:Schedule"},
		{"memory pressure", set("MemoryPressure", "True"), "memory-pressure:Schedule"},
		{"disk pressure", set("DiskPressure", "True"), "disk-pressure:Schedule"},
		{"PID pressure", set("PIDPressure", "True"), "pid-pressure:Schedule"},
		{"no network", set("NetworkUnavailable", "True"), "network-unavailable:Schedule"},
		{"pressure that nobody knows of", set("MemoryPressure", "Unknown"), ""},
		{"another condition", set("Sunshine", "True"), ""},
		{"a cordoned node", `{"spec":{"unschedulable":true}}`, "unschedulable:Schedule"},
		{"one that no longer is", `{"spec":{"taints":[{"key":"node.kubernetes.io/unschedulable","effect":"NoSchedule"}]}}`, ""},
		{"a condition that is over", `{"spec":{"taints":[{"key":"node.kubernetes.io/disk-pressure","effect":"NoSchedule"}]}}`, ""},
		{"the same key with another effect", `{"spec":{"taints":[{"key":"node.kubernetes.io/disk-pressure","effect":"PreferNoSchedule"}]}}`, "disk-pressure:PreferNoSchedule"},
		{"other people's", `{"spec":{"unschedulable":true,"taints":[{"key":"k","value":"v","effect":"NoSchedule"}]}}`, "k:Schedule unschedulable:Schedule"},
	} {
		w := newWorld(t, "", objects("z", "a", "b")...)
		w.Patch("Node", sdk.Key{Name: "a"}, test.change)
		w.pass(5e9)
		got := w.is("a")
		if _, taints, _ := strings.Cut(got, " "); taints != test.want {
			t.Errorf("%s: got %q, want the taints %q", test.rule, got, test.want)
		}
		before := len(w.Writes())
		w.pass(10e9)
		if n := len(w.Writes()) - before; n > 0 {
			t.Errorf("%s: %d writes when all was done", test.rule, n)
		}
	}
}

func TestLabels(t *testing.T) {
	for _, test := range []struct {
		rule, labels string
		want         map[string]string
	}{
		{"none, none", ``, nil},
		{"added", `"kubernetes.io/os":"linux","kubernetes.io/arch":"arm64"`, map[string]string{"beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": "arm64"}},
		{"the stable one counts", `"kubernetes.io/os":"linux","beta.kubernetes.io/os":"windows"`, map[string]string{"beta.kubernetes.io/os": "linux"}},
		{"equal ones stay", `"kubernetes.io/os":"linux","beta.kubernetes.io/os":"linux"`, map[string]string{"beta.kubernetes.io/os": "linux"}},
		{"an old one alone is not touched", `"beta.kubernetes.io/arch":"amd64"`, map[string]string{"beta.kubernetes.io/arch": "amd64"}},
	} {
		w := newWorld(t, "", `{"kind":"Node","metadata":{"name":"a","labels":{`+test.labels+`}}}`)
		var got map[string]string
		for _, l := range w.Get("Node", sdk.Key{Name: "a"}).Labels() {
			if strings.HasPrefix(l.Key, "beta.") {
				if got == nil {
					got = map[string]string{}
				}
				got[l.Key] = l.Value
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.rule, diff)
		}
	}
}

func TestSettings(t *testing.T) {
	for _, test := range []struct{ settings, want string }{
		{`{}`, ""},
		{`{"nodeMonitorPeriod":"1s","nodeMonitorGracePeriod":"3s","nodeStartupGracePeriod":"4s","nodeEvictionRate":100}`, ""},
		{`{"nodeMonitorPeriod":"0s"}`, "nodeMonitorPeriod is \"0s\""},
		{`{"nodeMonitorGracePeriod":"50"}`, "nodeMonitorGracePeriod is \"50\""},
		{`{"nodeEvictionRate":-1}`, "rate is negative"},
		{`{"unhealthyZoneThreshold":55}`, "unhealthyZoneThreshold is not a share"},
	} {
		err := newWorld(t, "").Configure(test.settings)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("settings %s: got error %v, want %q", test.settings, err, test.want)
		}
	}
}

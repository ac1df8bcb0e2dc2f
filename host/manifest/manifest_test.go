// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/host/grant"
)

func TestParse(t *testing.T) {
	tests := []struct {
		reason, file string
		change       func(*Manifest) // of the defaults
	}{
		{"an empty file", "", func(*Manifest) {}},
		{"a comment", "# later\n", func(*Manifest) {}},
		{"settings are kept as JSON", "settings: {b: 1}", func(m *Manifest) { m.Settings = []byte(`{"b":1}`) }},
		{"no settings", "settings:", func(*Manifest) {}},
		{"limits", "limits: {reconcileTimeout: 5s, memory: 16Mi, messageSize: 1000, instances: 2}", func(m *Manifest) {
			m.Limits.ReconcileTimeout = 5 * time.Second
			m.Limits.Memory, m.Limits.MessageSize = 16<<20, 1000
			m.Limits.Instances = 2
		}},
		{"requests, of which half as many again come at once", "limits: {requestsPerSecond: 2.5}", func(m *Manifest) {
			m.Limits.RequestsPerSecond, m.Limits.RequestBurst = Amount{Number: 2.5}, Amount{Number: 3.75}
		}},
		{"multiples of the flags", "limits: {requestsPerSecond: 20x, requestBurst: 1.5x}", func(m *Manifest) {
			m.Limits.RequestsPerSecond, m.Limits.RequestBurst = Amount{Times: 20}, Amount{Times: 1.5}
		}},
		{"the same multiple of both", "limits: {requestsPerSecond: 2x}", func(m *Manifest) {
			m.Limits.RequestsPerSecond, m.Limits.RequestBurst = Amount{Times: 2}, Amount{Times: 2}
		}},
		{"a burst at the flag's rate", "limits: {requestBurst: 3}", func(m *Manifest) { m.Limits.RequestBurst = Amount{Number: 3} }},
		{"a limit of what is outside", "limits: {httpRequestsPerSecond: 0.5}", func(m *Manifest) { m.Limits.HTTPRequestsPerSecond = 0.5 }},
		{"controllers of a bundle", "controllers: [a-controller, b]", func(m *Manifest) { m.Controllers = []string{"a-controller", "b"} }},
		{"no rollback", "rollback: {window: 0s}", func(m *Manifest) { m.Rollback.Window = 0 }},
		{"grants", "grants: {resources: [{groups: [''], resources: [pods], verbs: [get], namespaces: [a]}]}", func(m *Manifest) {
			m.Grants.Resources = []grant.Resource{{
				Groups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get"}, Namespaces: []string{"a"},
			}}
		}},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			want := &Manifest{Limits: DefaultLimits(), Rollback: DefaultRollback()}
			test.change(want)
			got, err := Parse([]byte(test.file))
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("Parse(%q): error %v, -want +got:\n%s", test.file, err, diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ reason, file, want string }{
		{"no YAML", "settings: {", "did not find expected"},
		{"a misspelt part", "setting: {}", `unknown field "setting", expected one of: controllers, settings, serviceAccount, grants, limits, rollback`},
		{"a part in other letters", "Grants: {}", `unknown field "Grants"`},
		{"a list for the file", "[grants]", `got ["grants"], expected fields: controllers, settings`},
		{"a word for controllers", "controllers: a", `controllers: got "a", expected a list`},
		{"no name for a controller", "controllers: ['a,b']", `controllers[0]: got "a,b", expected the name of a controller`},
		{"a controller twice", "controllers: [a, b, a]", `controllers[2]: a is named twice`},
		{"a word for settings", "settings: none", `settings: got "none", expected fields`},
		{"a word for grants", "grants: all", `grants: got "all", expected fields: resources, http, sign, fieldManagers, discover`},
		{"a rule for the rules", "grants: {resources: {verbs: [get]}}", `grants.resources: got {"verbs":["get"]}, expected a list`},
		{"a word for a list", "grants: {resources: [{groups: '', resources: [pods], verbs: [get]}]}", `grants.resources[0].groups: got "", expected a list`},
		{"a number for a name", "grants: {resources: [{groups: [''], resources: [pods], verbs: [get], names: [a, 1]}]}", `grants.resources[0].names[1]: got 1, expected a string`},
		{"nothing for a name", "grants: {resources: [{groups: [''], resources: [pods], verbs: [get], names: [null]}]}", `grants.resources[0].names[0]: got null, expected a string`},
		{"nothing for a rule", "grants: {resources: [null]}", `grants.resources[0]: got null, expected fields: groups`},
		{"a word for yes", "grants: {discover: maybe}", `grants.discover: got "maybe", expected true or false`},
		{"a rule that allows nothing", "grants: {resources: [{groups: [apps], resources: [deployments]}]}", `grants.resources[0].verbs: is empty`},
		{"a verb that is none", "grants: {resources: [{groups: [''], resources: [pods], verbs: [read]}]}", `grants.resources[0].verbs[0]: got "read", expected one of get, list`},
		{"a name that no ServiceAccount has", "serviceAccount: a/b", `serviceAccount: got "a/b", expected the name of a ServiceAccount`},
		{"a misspelt field", "limits: {memroy: 1Mi}", `unknown field "limits.memroy"`},
		{"a misspelt field of a rule", "grants: {resources: [{verb: [get]}]}", `unknown field "grants.resources[0].verb"`},
		{"a host with a scheme", "grants: {http: [{hosts: ['https://a']}]}", `grants.http[0].hosts[0]: got "https://a"`},
		{"a field twice", "limits: {memory: 1Mi, memory: 2Mi}", "already set"},
		{"a size that is none", "limits: {memory: much}", `limits.memory: got "much", expected a size`},
		{"a negative size", "limits: {memory: -1}", "limits.memory"},
		{"a duration without unit", "limits: {reconcileTimeout: 5}", `limits.reconcileTimeout: got "5", expected a duration`},
		{"a duration of nothing", "limits: {reconcileTimeout: 0s}", "above 0"},
		{"half an instance", "limits: {instances: 0.5}", "limits.instances"},
		{"a rate that is no number", "limits: {eventsPerSecond: NaN}", "limits.eventsPerSecond"},
		{"a list for a size", "limits: {memory: [1]}", `limits.memory: got "[1]"`},
		{"a share above all", "rollback: {share: 1.5}", "rollback.share"},
		{"a multiple of no number", "limits: {requestsPerSecond: x}", `limits.requestsPerSecond: got "x", expected a number above 0, or a multiple`},
		{"nothing of the flag's", "limits: {requestBurst: 0x}", "limits.requestBurst"},
		{"a multiple of what is no flag", "limits: {eventsPerSecond: 2x}", `limits.eventsPerSecond: got "2x", expected a number above 0`},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			if m, err := Parse([]byte(test.file)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Parse(%q) = %+v, %v, want an error with %q", test.file, m, err, test.want)
			}
		})
	}
}

func TestParseReportsEverything(t *testing.T) {
	_, err := Parse([]byte("limits: {memory: much, instances: many, colour: red}\nrollback: {share: 2}\ngrants: {sign: ['']}"))
	for _, want := range []string{"limits.memory", "limits.instances", "limits.colour", "rollback.share", "grants.sign[0]"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one that names %s", err, want)
		}
	}
}

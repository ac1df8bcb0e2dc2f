// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package rootcacert

import (
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

func TestMain(m *testing.M) {
	Register()
	m.Run()
}

const (
	active      = `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ns"},"status":{"phase":"Active"}}`
	terminating = `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ns"},"status":{"phase":"Terminating"}}`
	bundle      = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
)

var published = sdk.Key{Namespace: "ns", Name: name}

// configMap is one in the namespace; members are of its metadata and beside it.
func configMap(name, metadata, members string) string {
	return `{"kind":"ConfigMap","metadata":{"namespace":"ns","name":"` + name + `"` + metadata + `}` + members + `}`
}

func TestReconcile(t *testing.T) {
	good, described := `,"data":{"ca.crt":"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}`, `,"annotations":{"kubernetes.io/description":"mine"}`
	for _, c := range []struct {
		rule    string
		objects []any
		refuse  *sdk.APIError // of creates
		change  func(env *sdktest.Env)
		writes  string
		want    string // data and description of the ConfigMap
	}{
		{rule: "an active namespace has one", objects: []any{active}, writes: "create", want: bundle + about},
		{rule: "one of another name does not count", objects: []any{active, configMap("mine", described, good)}, writes: "create", want: bundle + about},
		{rule: "one that is good is left alone", objects: []any{active, configMap(name, described+`,"labels":{"a":"b"}`, good)}, want: bundle + "mine"},
		{rule: "a changed bundle is put right, and only that", objects: []any{active, configMap(name, described, `,"data":{"ca.crt":"evil","more":"x"}`)},
			writes: "patch", want: bundle + "mine"},
		{rule: "so is one without data", objects: []any{active, configMap(name, described, "")}, writes: "patch", want: bundle + "mine"},
		{rule: "a description that was taken away comes back", objects: []any{active, configMap(name, "", good)}, writes: "patch", want: bundle + about},
		{rule: "both at once", objects: []any{active, configMap(name, "", "")}, writes: "patch patch", want: bundle + about},
		{rule: "one that is deleted comes back", objects: []any{active}, writes: "create create", want: bundle + about,
			change: func(env *sdktest.Env) { env.Delete("ConfigMap", published) }},
		{rule: "a later change is seen", objects: []any{active}, writes: "create patch", want: bundle + about,
			change: func(env *sdktest.Env) { env.Patch("ConfigMap", published, `{"data":{"ca.crt":""}}`) }},
		{rule: "a namespace that is being deleted is left alone", objects: []any{terminating, configMap(name, "", "")}},
		{rule: "one that begins to be deleted is no error", objects: []any{active}, refuse: &sdk.APIError{Status: abi.StatusForbidden, Causes: []string{"NamespaceTerminating"}}},
		{rule: "nor one that is gone", objects: []any{active}, refuse: &sdk.APIError{Status: abi.StatusNotFound}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			env := sdktest.New(t, c.objects...)
			if err := env.Configure(map[string]any{"rootCA": bundle}); err != nil {
				t.Fatal(err)
			}
			env.OnOperation = func(o sdktest.Operation) error {
				if o.Op == abi.OpCreate && c.refuse != nil {
					return c.refuse
				}
				return nil
			}
			if err := env.Settle(); err != nil {
				t.Fatal(err)
			}
			if c.change != nil {
				c.change(env)
				if err := env.Settle(); err != nil {
					t.Fatal(err)
				}
			}
			var writes []string
			for _, w := range env.Writes() {
				writes = append(writes, w.Op.String())
			}
			if got := strings.Join(writes, " "); got != c.writes {
				t.Errorf("writes: got %q, want %q", got, c.writes)
			}
			got := env.Get("ConfigMap", published)
			data, _ := got.Field("data").(map[string]any)
			text, _ := data["ca.crt"].(string)
			notes, _ := got.Field("metadata.annotations").(map[string]any)
			note, _ := notes["kubernetes.io/description"].(string)
			if text+note != c.want || len(data) > 1 {
				t.Errorf("ConfigMap: got %v with the description %q, want %q", data, note, c.want)
			}
		})
	}
}

// TestRefusal checks that an error that another try can mend is one.
func TestRefusal(t *testing.T) {
	env := sdktest.New(t, active)
	if err := env.Configure(map[string]any{"rootCA": bundle}); err != nil {
		t.Fatal(err)
	}
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpCreate {
			return &sdk.APIError{Status: abi.StatusForbidden, Message: "no"}
		}
		return nil
	}
	if err := env.Settle(); err == nil || !strings.Contains(err.Error(), "create v1/configmaps ns/kube-root-ca.crt: forbidden: no") {
		t.Errorf("Settle: got error %v, want the refusal", err)
	}
}

// TestSettings checks that there is no publisher of nothing.
func TestSettings(t *testing.T) {
	for _, settings := range []string{"{}", `{"rootCA":""}`, `{"rootCA":"/etc/kubernetes/pki/ca.crt"}`} {
		if err := sdktest.New(t).Configure(settings); err == nil || !strings.Contains(err.Error(), "rootCA: has no certificate") {
			t.Errorf("Configure(%s): got error %v, want one that says that rootCA has no certificate", settings, err)
		}
	}
}

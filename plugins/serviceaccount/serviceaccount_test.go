// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serviceaccount

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

var account = sdk.Key{Namespace: "ns", Name: "default"}

const (
	active      = `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ns"},"status":{"phase":"Active"}}`
	terminating = `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ns"},"status":{"phase":"Terminating"}}`
	own         = `{"kind":"ServiceAccount","metadata":{"namespace":"ns","name":"default"},"secrets":[{"name":"mine"}]}`
	other       = `{"kind":"ServiceAccount","metadata":{"namespace":"ns","name":"other"}}`
)

func TestReconcile(t *testing.T) {
	for _, c := range []struct {
		rule    string
		objects []any
		refuse  *sdk.APIError // of creates
		change  func(env *sdktest.Env)
		writes  int
		account bool
		err     string
	}{
		{rule: "an active namespace has one", objects: []any{active}, writes: 1, account: true},
		{rule: "another one does not count", objects: []any{active, other}, writes: 1, account: true},
		{rule: "an existing one is left alone", objects: []any{active, own}, account: true},
		{rule: "a namespace that is being deleted gets none", objects: []any{terminating}},
		{rule: "one that is deleted comes back", objects: []any{active}, writes: 2, account: true,
			change: func(env *sdktest.Env) { env.Delete("ServiceAccount", account) }},
		{rule: "not so in a namespace that is being deleted", objects: []any{active}, writes: 1,
			change: func(env *sdktest.Env) {
				env.Patch("Namespace", sdk.Key{Name: "ns"}, `{"status":{"phase":"Terminating"}}`)
				env.Delete("ServiceAccount", account)
			}},
		{rule: "a namespace that begins to be deleted is no error", objects: []any{active},
			refuse: &sdk.APIError{Status: abi.StatusForbidden, Causes: []string{"NamespaceTerminating"}}},
		{rule: "nor one that is gone", objects: []any{active}, refuse: &sdk.APIError{Status: abi.StatusNotFound}},
		{rule: "nor an account that another process made", objects: []any{active}, refuse: &sdk.APIError{Status: abi.StatusAlreadyExists}},
		{rule: "another refusal is", objects: []any{active}, refuse: &sdk.APIError{Status: abi.StatusForbidden, Message: "no"},
			err: "create v1/serviceaccounts ns/default: forbidden: no"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			env := sdktest.New(t, c.objects...)
			env.OnOperation = func(o sdktest.Operation) error {
				if o.Op == abi.OpCreate && c.refuse != nil {
					return c.refuse
				}
				return nil
			}
			err := env.Settle()
			if c.change != nil {
				c.change(env)
				err = env.Settle()
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("Settle: got error %v, want %q", err, c.err)
			}
			if got := env.Get("ServiceAccount", account) != nil; got != c.account {
				t.Errorf("ServiceAccount %s exists: %t, want %t", account, got, c.account)
			}
			if got := len(env.Writes()); got != c.writes {
				t.Errorf("writes: got %d, want %d: %v", got, c.writes, env.Writes())
			}
		})
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
	_ "github.com/wasm-controller-manager/wcm/sdk/testdata/replicas"
)

const web = `{"apiVersion":"v1","kind":"ReplicationController","metadata":{"namespace":"default","name":"web"},
	"spec":{"replicas":2,"selector":{"app":"web"},"template":{"metadata":{"labels":{"app":"web"}},
	"spec":{"containers":[{"name":"c","image":"nginx"}]}}},"status":{"replicas":0}}`

var webKey = sdk.Key{Namespace: "default", Name: "web"}

// story is what a plugin did in one case, for comparison.
type story struct {
	Writes  []string
	Events  []sdktest.Event
	Logs    []sdktest.Log
	Objects []string
	Created float64
	Err     string
}

func tell(env *sdktest.Env, err error) story {
	s := story{Events: env.Events(), Logs: env.Logs(), Created: env.Metric("pods_created_total")}
	for _, w := range env.Writes() {
		s.Writes = append(s.Writes, w.Op.String()+" "+w.Resource+" "+w.Key.String()+" "+w.Subresource+" "+w.Body)
	}
	for _, o := range append(env.List("ReplicationController"), env.List("Pod")...) {
		s.Objects = append(s.Objects, o.JSON())
	}
	if err != nil {
		s.Err = err.Error()
	}
	return s
}

var replicasCases = []struct {
	name   string
	reason string
	run    func(env *sdktest.Env) error
	pods   int
	err    string
}{
	{
		name: "creates", reason: "two pods are wanted and there are none",
		run:  func(env *sdktest.Env) error { return env.Settle() },
		pods: 2,
	},
	{
		name: "replaces", reason: "a pod that is gone is made again",
		run: func(env *sdktest.Env) error {
			err := env.Settle()
			env.Delete("Pod", env.List("Pod")[0].Key())
			return errors.Join(err, env.Settle())
		},
		pods: 2,
	},
	{
		name: "shrinks", reason: "fewer pods are wanted than there are",
		run: func(env *sdktest.Env) error {
			err := env.Settle()
			env.Patch("ReplicationController", webKey, `{"spec":{"replicas":1}}`)
			return errors.Join(err, env.Settle())
		},
		pods: 1,
	},
	{
		name: "defaults", reason: "replicas is absent, which is not 0",
		run: func(env *sdktest.Env) error {
			env.Patch("ReplicationController", webKey, `{"spec":{"replicas":null}}`)
			return env.Settle()
		},
		pods: 1,
	},
	{
		name: "takes settings", reason: "at most one pod at a time is made, and nothing wakes the key for the second",
		run: func(env *sdktest.Env) error {
			err := env.Configure(`{"burstReplicas":1}`)
			_, reconcileErr := env.Reconcile("replicas", webKey)
			return errors.Join(err, reconcileErr)
		},
		pods: 1,
	},
	{
		name: "waits", reason: "the controller is old enough after a minute by the clock of the test",
		run: func(env *sdktest.Env) error {
			err := env.Configure(`{"minAgeSeconds":60}`)
			for _, step := range []time.Duration{0, 59 * time.Second} {
				env.Advance(step)
				err = errors.Join(err, env.Settle())
				if n := len(env.List("Pod")); n > 0 {
					err = errors.Join(err, fmt.Errorf("%d pods at %v", n, env.Now()))
				}
			}
			env.Advance(time.Second)
			return errors.Join(err, env.Settle())
		},
		pods: 2,
	},
	{
		name: "retries", reason: "the first create is refused",
		run: func(env *sdktest.Env) error {
			refused := false
			env.OnOperation = func(o sdktest.Operation) error {
				if o.Op == abi.OpCreate && !refused {
					refused = true
					return &sdk.APIError{Status: abi.StatusForbidden, Reason: "Forbidden", Message: "exceeded quota", Causes: []string{"Quota"}}
				}
				return nil
			}
			return env.Settle()
		},
		pods: 2,
	},
	{
		name: "gives up", reason: "every create is refused",
		run: func(env *sdktest.Env) error {
			env.OnOperation = func(o sdktest.Operation) error {
				if o.Op == abi.OpCreate {
					return &sdk.APIError{Status: abi.StatusForbidden, Message: "exceeded quota"}
				}
				return nil
			}
			return env.Settle()
		},
		err: "replicas default/web: retry: create v1/pods default: forbidden: exceeded quota",
	},
	{
		name: "ignores", reason: "the object is gone before its turn",
		run: func(env *sdktest.Env) error {
			env.Delete("ReplicationController", webKey)
			_, err := env.Reconcile("replicas", webKey)
			return err
		},
	},
}

// TestReplicas runs one table natively and as wasm and compares everything
// that the plugin did.
func TestReplicas(t *testing.T) {
	m := load(t, build(t, "./testdata/replicas/guest"))
	for _, c := range replicasCases {
		t.Run(c.name, func(t *testing.T) {
			native := sdktest.New(t, web)
			told := tell(native, c.run(native))
			if len(native.List("Pod")) != c.pods || told.Err != c.err {
				t.Errorf("%s: %d pods and error %q, want %d and %q", c.reason, len(native.List("Pod")), told.Err, c.pods, c.err)
			}
			wasm := sdktest.NewFor(t, start(t, m), web)
			retold := tell(wasm, c.run(wasm))
			if diff := cmp.Diff(told, retold, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: the plugin did other things as wasm (-native +wasm):\n%s", c.reason, diff)
			}
		})
	}
}

// TestImportsAreCapabilities checks that a module imports the operations that
// its code reaches, and no other.
func TestImportsAreCapabilities(t *testing.T) {
	tests := []struct {
		pkg  string
		want string
	}{
		{"./testdata/replicas/guest", "create delete event get list log log_enabled metric patch take"},
		{"./testdata/bench", "batch get list take"},
	}
	for _, test := range tests {
		var got []string
		for _, f := range load(t, build(t, test.pkg)).Info.Imports {
			if f.Module == abi.ImportModule {
				got = append(got, f.Name)
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s imports %v, want %s", test.pkg, got, test.want)
		}
	}
}

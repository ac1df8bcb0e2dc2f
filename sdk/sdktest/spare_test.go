// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
	"github.com/wasm-controller-manager/wcm/sdk/testdata/widgets"
)

// failures keeps the errors of a test that is to fail.
type failures struct {
	testing.TB
	errors []string
}

func (f *failures) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}

// TestSpares has a reconcile that always does something, so that what a watch
// leaves out fails the test.
func TestSpares(t *testing.T) {
	nothing := widgets.Reconcile
	t.Cleanup(func() { widgets.Reconcile = nothing })
	widgets.Reconcile = func(ctx context.Context, req sdk.Request) (sdk.Result, error) {
		widgets.Widgets.Event(ctx, sdk.Header{Namespace: req.Namespace, Name: req.Name}, sdk.Normal, "Seen", "seen")
		return sdk.Result{}, nil
	}
	set := func(w *abi.Watch) { w.Where = []abi.Condition{{Field: "spec.node"}} }
	is := func(values ...string) func(*abi.Watch) {
		return func(w *abi.Watch) { w.Where = []abi.Condition{{Field: "spec.size", Values: values}} }
	}
	pod := func(env *sdktest.Env) {
		env.Add(`{"kind":"Pod","metadata":{"namespace":"x","name":"p"},"spec":{"nodeName":"n"}}`)
	}
	for _, c := range []struct {
		reason string
		watch  int
		spare  func(*abi.Watch)
		change []func(*sdktest.Env)
		want   string // the keys that are left out at each change
	}{
		{"without conditions", 0, func(*abi.Watch) {}, changes(`{"spec":{"size":2}}`), ", "},
		{"comes without the field", 0, set, nil, "ns/a"},
		{"begins to have the field", 0, set, changes(`{"spec":{"node":"n"}}`), "ns/a, "},
		{"ceases to have it", 0, set, changes(`{"spec":{"node":"n"}}`, `{"spec":{"node":null}}`), "ns/a, , "},
		{"never had it", 0, set, changes(`{"spec":{"node":"n"}}`, `{"spec":{"node":""}}`, `{"spec":{"size":2}}`), "ns/a, , , ns/a"},
		{"goes with it", 0, set, append(changes(`{"spec":{"node":"n"}}`), goes), "ns/a, , "},
		{"goes without it", 0, set, []func(*sdktest.Env){goes}, "ns/a, ns/a"},
		{"has one of the values", 0, is("3", "1"), changes(`{"spec":{"size":3}}`), ", "},
		{"gets one of the values", 0, is("3"), changes(`{"spec":{"size":3}}`), "ns/a, "},
		{"has none of the values", 0, is("3"), changes(`{"spec":{"size":2}}`), "ns/a, ns/a"},
		{"absent is zero", 0, is("0"), changes(`{"spec":{"size":null}}`), "ns/a, "},
		{"a map with something", 0, func(w *abi.Watch) { w.Where = []abi.Condition{{Field: "metadata.labels"}} },
			changes(`{"spec":{"size":2}}`, `{"metadata":{"labels":null}}`, `{"spec":{"size":3}}`), ", , , ns/a"},
		{"a label", 0, func(w *abi.Watch) { w.Where = []abi.Condition{{Field: "metadata.labels.app", Values: []string{"y"}}} },
			changes(`{"metadata":{"labels":{"app":"y"}}}`), "ns/a, "},
		{"the guest maps to another namespace", 5, func(w *abi.Watch) { w.SameNamespace = true },
			append(changes(`{"spec":{"node":"n"}}`), pod), ", , ns/a"},
	} {
		f := &failures{TB: t}
		env := sdktest.New(f, widget)
		watch := &env.Description().Controllers[0].Watches[c.watch]
		was := *watch
		c.spare(watch)
		var got []string
		for _, change := range append([]func(*sdktest.Env){func(*sdktest.Env) {}}, c.change...) {
			f.errors = nil
			change(env)
			if err := env.Settle(); err != nil {
				t.Fatal(err)
			}
			keys := make([]string, len(f.errors))
			for i, e := range f.errors {
				_, rest, _ := strings.Cut(e, "leave out of ")
				keys[i], _, _ = strings.Cut(rest, " is work")
			}
			got = append(got, strings.Join(keys, " "))
		}
		*watch = was
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: left out are %q, want %q", c.reason, strings.Join(got, ", "), c.want)
		}
	}
}

// changes patch the widget.
func changes(patches ...string) (all []func(*sdktest.Env)) {
	for _, patch := range patches {
		all = append(all, func(env *sdktest.Env) { env.Patch("Widget", key, patch) })
	}
	return all
}

func goes(env *sdktest.Env) { env.Delete("Widget", key) }

// TestSparesNothing has a watch that leaves out what is no work.
func TestSparesNothing(t *testing.T) {
	f := &failures{TB: t}
	env, calls := sdktest.New(f, widget), 0
	nothing := widgets.Reconcile
	t.Cleanup(func() { widgets.Reconcile = nothing })
	widgets.Reconcile = func(context.Context, sdk.Request) (sdk.Result, error) {
		calls++
		return sdk.Result{}, nil
	}
	env.Description().Controllers[0].Watches[0].Where = []abi.Condition{{Field: "spec.node"}}
	if err := env.Settle(); err != nil || calls != 1 || len(f.errors) != 0 {
		t.Errorf("Settle: %v, %d calls, failures %q; want one call, which is none", err, calls, f.errors)
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"os"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
)

type pod struct{ Metadata }

// member returns a member that watches pods, with one more declaration.
func member(name, resource string, more ...func()) Member {
	return Member{Name: name, Register: func() {
		Plugin(name, "1")
		Register(Controller{
			Name: name, For: NewResource[pod]("v1", resource, "Pod"),
			Reconciler: ReconcilerFunc(nil),
		})
		for _, f := range more {
			f()
		}
	}}
}

func TestBundle(t *testing.T) {
	was := module
	t.Cleanup(func() { module = was })
	type none struct{}
	settings := func() { NewSettings(none{}) }
	as := func(source string) func() { return func() { EventSource(source) } }
	a, b := member("a", "pods"), member("b", "services")
	tests := map[string]struct {
		members []Member
		chosen  string // "unset": the variable is not there
		want    string // the controllers, or a part of the panic
	}{
		"All":             {[]Member{a, b}, "unset", "a b"},
		"One":             {[]Member{a, b}, "b", "b"},
		"InTheirOrder":    {[]Member{a, b}, "b,a", "b a"},
		"Unknown":         {[]Member{a, b}, "c", "sdk: the module has no controller c, it has a, b"},
		"Empty":           {[]Member{a, b}, "", "sdk: the module has no controller , it has a, b"},
		"SameResource":    {[]Member{a, member("b", "pods")}, "unset", "sdk: the resource v1/pods is declared twice, the second time by b: it runs only as a plugin of its own, with controllers: [b] in its file"},
		"OneOfSame":       {[]Member{a, member("b", "pods")}, "b", "b"},
		"SettingsTwice":   {[]Member{member("a", "pods", settings), member("b", "services", settings)}, "a,b", "sdk: settings are declared twice, the second time by b"},
		"SettingsOnce":    {[]Member{a, member("b", "services", settings)}, "a,b", "a b"},
		"SourceTwice":     {[]Member{member("a", "pods", as("x")), member("b", "services", as("y"))}, "a,b", "sdk: an event source is declared twice, the second time by b"},
		"SameSourceTwice": {[]Member{member("a", "pods", as("x")), member("b", "services", as("x"))}, "a,b", "a b"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			module = moduleDeclarations{}
			t.Setenv(abi.ControllersVariable, tt.chosen)
			if tt.chosen == "unset" {
				if err := os.Unsetenv(abi.ControllersVariable); err != nil {
					t.Fatal(err)
				}
			}
			if got := bundled(tt.members); !strings.HasPrefix(got, tt.want) || !strings.HasPrefix(got, "sdk:") && got != tt.want {
				t.Errorf("Bundle with %q registered %q, want %q", tt.chosen, got, tt.want)
			}
		})
	}
}

// bundled returns the controllers that were registered, or what Bundle panics with.
func bundled(members []Member) (got string) {
	defer func() {
		if problem := recover(); problem != nil {
			got, _ = problem.(string)
		}
	}()
	Bundle(members...)
	var names []string
	for _, c := range module.description.Controllers {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/manifest"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// wishful wants one of everything.
func wishful() *plugin {
	shape := &record.Shape{Kind: record.Struct, Fields: []record.Field{{Name: "spec", Shape: record.Shape{Kind: record.Raw}}}}
	return &plugin{
		path: "plugins/wishful.wasm",
		info: &module.Info{Digest: "sha256:0", Imports: []module.Function{{Module: abi.ImportModule, Name: "event"}}},
		description: &abi.Description{
			Name: "wishful", Version: "1",
			Resources: []abi.Resource{
				{Version: "v1", Resource: "pods", Kind: "Pod", Projection: shape, Writes: []string{"create", "delete", "status/patch"}},
				{Version: "v1", Resource: "secrets", Kind: "Secret", Reads: []string{"get"}},
				{Group: "apps", Version: "v1", Resource: "deployments", Kind: "Deployment", Reads: []string{"scale/get"}},
			},
			HTTP:          []abi.HTTP{{Hosts: []string{"*.example.com:8443"}, Methods: []string{"POST"}, Plain: true}, {Hosts: []string{"example.org"}}},
			Sign:          []string{"service-accounts"},
			FieldManagers: []string{"wish-manager"},
			Discover:      true,
		},
	}
}

const wishes = `# What the module wishful 1
# (sha256:0)
# wants, all of it granted. Take away what it should not have, limit rules with
# namespaces, names and namePrefixes, and keep the file as wishful.yaml beside the
# module.
grants:
  resources:
  # of each Pod it reads spec
  - groups: [""]
    resources: ["pods"]
    verbs: ["get", "list", "watch", "create", "delete"]
  - groups: [""]
    resources: ["pods/status"]
    verbs: ["patch"]
  - groups: [""]
    resources: ["secrets"]
    verbs: ["get"]
  - groups: ["apps"]
    resources: ["deployments/scale"]
    verbs: ["get"]
  # servers that it calls
  http:
  - hosts: ["*.example.com:8443"]
    methods: ["POST"]
    plain: true # also without TLS
  - hosts: ["example.org"]
  # keys of the host that sign what it asks for
  sign: ["service-accounts"]
  # names under which it writes beside its own
  fieldManagers: ["wish-manager"]
  # it asks which resources the API server has
  discover: true
`

func TestGrantsFile(t *testing.T) {
	text := grantsFile(wishful())
	if diff := cmp.Diff(wishes, text); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	m, err := manifest.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(grant.Wanted(wishful().description), m.Grants); diff != "" {
		t.Errorf("the grants that are read of the file (-want +got):\n%s", diff)
	}
}

func TestGrantsFileOfNothing(t *testing.T) {
	p := wishful()
	p.description = &abi.Description{Name: "modest"}
	text := grantsFile(p)
	if m, err := manifest.Parse([]byte(text)); err != nil || !m.Grants.Empty() {
		t.Errorf("%s: got %+v, error %v; want a file that grants nothing", text, m, err)
	}
}

func TestInspectionShowsWants(t *testing.T) {
	text := inspection(wishful().info, wishful().description)
	for _, want := range []string{
		"\ncalls       POST *.example.com:8443, also without TLS\ncalls       GET HEAD example.org\n",
		"\nsigns with  service-accounts\nwrites as   wish-manager\ndiscovers   resources of the API server\n",
		"\nresource v1/secrets Secret\n  live    get\n",
		"\nresource apps/v1/deployments Deployment\n  live    scale/get\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("inspection lacks %q:\n%s", want, text)
		}
	}
}

// TestGrantsFileHoldsTheModule: what a module says of itself cannot break out
// of a comment and become a grant.
func TestGrantsFileHoldsTheModule(t *testing.T) {
	const evil = "1\ngrants: {resources: [{groups: ['*'], resources: ['*'], verbs: ['*']}]}\n#"
	p := wishful()
	p.description.Version, p.description.Resources[0].Kind = evil, evil
	p.description.Resources[0].Projection.Fields[0].Name = evil
	m, err := manifest.Parse([]byte(grantsFile(p)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(grant.Wanted(p.description), m.Grants); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
	p.description.SDK, p.description.Sign = evil, []string{evil}
	for line := range strings.Lines(inspection(p.info, p.description)) {
		if strings.HasPrefix(line, "grants:") {
			t.Errorf("inspect prints a line of the module's own: %s", line)
		}
	}
}

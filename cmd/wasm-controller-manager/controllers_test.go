// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
	"github.com/wasm-controller-manager/wcm/host/manifest"
	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/sign"
	"github.com/wasm-controller-manager/wcm/plugins"
)

// descriptions returns what each controller says of itself, as it is in the
// repository now.
func descriptions(t *testing.T) map[string]*abi.Description {
	t.Helper()
	wasm, err := hosttest.Bundle()
	if err != nil {
		t.Fatal(err)
	}
	compiler, err := module.OpenCompiler(t.Context(), module.Options{
		CacheDir: filepath.Join(os.TempDir(), "wcm-test-cache"), Host: guest.HostFunction, Yield: guest.YieldFunction,
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := compiler.Compile(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]*abi.Description{}
	for _, c := range plugins.Controllers() {
		if described[c.Name], err = guest.Describe(t.Context(), m, guest.Options{Controllers: []string{c.Name}}); err != nil {
			t.Errorf("describe %s: %v", c.Name, err)
			delete(described, c.Name)
		}
	}
	if err := m.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := compiler.Close(t.Context()); err != nil {
		t.Error(err)
	}
	return described
}

// TestEmbeddedFiles: the file of each controller is one, names the controller,
// and grants all that its module wants, and nothing that it does not want.
func TestEmbeddedFiles(t *testing.T) {
	described := descriptions(t)
	for _, c := range plugins.Controllers() {
		t.Run(c.Name, func(t *testing.T) {
			m, err := manifest.Parse(c.Manifest)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(m.Controllers, []string{c.Name}) || m.ServiceAccount == "" {
				t.Errorf("controllers: %v, serviceAccount: %q, want %s and a name", m.Controllers, m.ServiceAccount, c.Name)
			}
			d := described[c.Name]
			if d == nil {
				t.FailNow()
			}
			policy := grant.NewPolicy(c.Name, d, m.Grants)
			if missing := policy.Missing(); !missing.Empty() {
				t.Errorf("lacks grants for reads: %s", missing)
			}
			if missing := policy.MissingWrites(); !missing.Empty() {
				t.Errorf("lacks grants for writes: %s", missing)
			}
		})
	}
}

// TestControllerFlags: each flag of a controller that there is is a setting of
// it, of a kind that the value is.
func TestControllerFlags(t *testing.T) {
	described := descriptions(t)
	for i := range controllerFlags {
		f := &controllerFlags[i]
		for _, name := range f.controllers {
			d := described[name]
			if d == nil || f.setting == "" {
				continue
			}
			var got string
			if d.Settings != nil {
				for _, field := range d.Settings.Fields {
					if field.Name == f.setting {
						got = (&record.Shape{Kind: record.Struct, Fields: []record.Field{field}}).String()
					}
				}
			}
			want := map[string]string{"bool": "bool", "string": "string", "int": "int", "float32": "float", "time.Duration": "string"}[fmt.Sprintf("%T", f.standard)]
			if want = "{" + f.setting + " " + want + "?}"; got != want {
				t.Errorf("--%s: %s has the setting %q, want %q", f.name, name, got, want)
			}
		}
	}
}

// flagged returns the file of a controller that flags make.
func flagged(t *testing.T, c *plugins.Controller, config *rest.Config, flags ...string) map[string]any {
	t.Helper()
	o := newOptions()
	command := &cobra.Command{}
	o.addFlags(command)
	if err := command.ParseFlags(flags); err != nil {
		t.Fatal(err)
	}
	content, err := o.controllers.manifest(c, config)
	if err != nil {
		t.Fatal(err)
	}
	var made map[string]any
	if err := json.Unmarshal(content, &made); err != nil {
		t.Fatal(err)
	}
	return made
}

func TestFlagsMakeTheFile(t *testing.T) {
	authorities := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(authorities, []byte("from the file"), 0o600); err != nil {
		t.Fatal(err)
	}
	of := func(name string) *plugins.Controller {
		return &plugins.Controller{Name: name, Manifest: []byte("settings: {own: 1}")}
	}
	tests := []struct {
		reason     string
		controller string
		flags      []string
		want       string
	}{
		{"no flag says nothing", nodeIPAM, nil, `{"settings": {"own": 1}, "limits": {}}`},
		{"values keep their kind", nodeIPAM, []string{"--allocate-node-cidrs", "--cluster-cidr=10.0.0.0/8", "--node-cidr-mask-size-ipv4=20"},
			`{"settings": {"own": 1, "allocateNodeCIDRs": true, "clusterCIDR": "10.0.0.0/8", "nodeCIDRMaskSizeIPv4": 20}, "limits": {}}`},
		{"also one that is the default", nodeIPAM, []string{"--allocate-node-cidrs=false"}, `{"settings": {"own": 1, "allocateNodeCIDRs": false}, "limits": {}}`},
		{"flags of others are not for it", endpointSlices, []string{"--allocate-node-cidrs", "--concurrent-rc-syncs=7"}, `{"settings": {"own": 1}, "limits": {}}`},
		{"how many at once, with the underscores of old", "replicationcontroller-controller", []string{"--concurrent_rc_syncs=7"},
			`{"settings": {"own": 1}, "limits": {"concurrency": 7}}`},
		{"the kubeconfig's authorities", rootCAPublisher, nil, `{"settings": {"own": 1, "rootCA": "from the kubeconfig"}, "limits": {}}`},
		{"a file's content", rootCAPublisher, []string{"--root-ca-file=" + authorities}, `{"settings": {"own": 1, "rootCA": "from the file"}, "limits": {}}`},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			config := &rest.Config{TLSClientConfig: rest.TLSClientConfig{CAData: []byte("from the kubeconfig")}}
			got := flagged(t, of(tt.controller), config, tt.flags...)
			var want map[string]any
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("file of %s with %v, -want +got:\n%s", tt.controller, tt.flags, diff)
			}
		})
	}
}

// TestSwitches: the token controller runs with its key alone.
func TestSwitches(t *testing.T) {
	if _, err := plugins.Module(); err != nil {
		t.Skip(err)
	}
	o := newOptions()
	o.controllers.names = []string{"serviceaccount-token"}
	o.addFlags(&cobra.Command{})
	for _, keyed := range []bool{false, true} {
		keys := &sign.Keys{}
		if keyed {
			var err error
			if keys, err = sign.Load([]sign.Source{{Name: accountKey, File: writeKey(t)}}); err != nil {
				t.Fatal(err)
			}
		}
		e, err := o.controllers.embedded(&rest.Config{}, keys, slog.New(slog.DiscardHandler))
		if _, runs := e.Plugins[accountTokens]; err != nil || runs != keyed {
			t.Errorf("with a key: %t: the controller runs: %t (error %v), want the same", keyed, runs, err)
		}
	}
}

func writeKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "sa.key")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestEmbeddedControllers runs controllers of the program on a real API server:
// one compiled code for all, an operator's file over one's own, and a module in
// the directory in place of another.
func TestEmbeddedControllers(t *testing.T) {
	if _, err := plugins.Module(); err != nil {
		t.Skip(err)
	}
	plane := controlplane.Shared(t)
	c := newCluster(t, plane)
	folder := t.TempDir()
	p := launch(t, plane.Kubeconfig(), folder, append(electionFlags(c.namespace),
		"--controllers=replicationcontroller,endpointslice", "--concurrent-rc-syncs=3")...)
	c.create("web", 3)
	c.converges()
	series := p.series()
	if got := series[`controller_runtime_max_concurrent_reconciles{controller="replicationcontroller-controller"}`]; got != "3" {
		t.Errorf("workers of the controller: got %q, want the 3 of its flag", got)
	}
	shared := 0
	for name := range series {
		if strings.HasPrefix(name, `wcm_module_compile_seconds_count{origin="memory"`) {
			shared++
		}
	}
	if shared != 1 {
		t.Errorf("%d of two controllers have the other one's code, want one", shared)
	}

	place(t, folder, "replicationcontroller-controller.yaml", []byte("limits: {concurrency: 2}\n"))
	hosttest.Eventually(t, func() string {
		if got := p.series()[`controller_runtime_max_concurrent_reconciles{controller="replicationcontroller-controller"}`]; got != "2" {
			return fmt.Sprintf("workers of the controller: got %q, want the 2 of the operator's file", got)
		}
		return ""
	})
	c.scale("web", 4)
	c.converges()
	if !strings.Contains(p.log.String(), "Plugin loaded") {
		t.Error("the log does not say that plugins are loaded")
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// badModules are fixtures that must not be loaded, with what the host says.
var badModules = map[string]string{
	"command":          "is a WASI command",
	"describe_garbage": "",
	"describe_invalid": "",
	"describe_outside": "",
	"describe_traps":   "",
	"exports_missing":  "lacks",
	"imports_unknown":  "imports",
	"initialize_traps": "",
	"memory_none":      "memory",
}

// TestBadModulesHurtNobodyElse puts every bad module beside a good one.
func TestBadModulesHurtNobodyElse(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder := t.TempDir()
	for name := range badModules {
		writeFile(t, filepath.Join(folder, strings.ReplaceAll(name, "_", "-")+".wasm"), hosttest.Fixture(t, name))
	}
	writeFile(t, filepath.Join(folder, "text.wasm"), []byte("this is no module"))
	writeFile(t, filepath.Join(folder, "stamp.wasm"), stampModule(t, "1"))
	s := start(t, plane, folder)
	s.create(namespace, "object")
	s.stamped(namespace, "1")
	s.event("PluginNotLoaded", "text.wasm is no WebAssembly module")
	for name, message := range badModules {
		s.logged("Plugin is not loaded", "plugin="+strings.ReplaceAll(name, "_", "-")+" ", message)
	}
}

// TestTrapForOneKeyBacksOff reconciles one key that traps among others.
func TestTrapForOneKeyBacksOff(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "stamp.wasm"), stampModule(t, "1"))
	s := start(t, plane, folder)
	s.create(namespace, "poison")
	for i := range 30 {
		s.create(namespace, fmt.Sprintf("object-%d", i))
	}
	s.stamped(namespace, "1", "poison")
	s.logged("name=poison", "this object is poison", "failures=1", `stderr="panic: this object is poison`, "stack=")
	traps := s.counter("wcm_guest_traps_total")
	if traps < 2 || traps > 20 {
		t.Errorf("wcm_guest_traps_total: got %v, want a few: the key must come back, with growing pauses", traps)
	}
}

// TestConflictsAndDeletionsConverge writes and deletes objects under the
// plugin's hands.
func TestConflictsAndDeletionsConverge(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "stamp.wasm"), stampModule(t, "1"))
	s := start(t, plane, folder)
	configMaps := s.client.CoreV1().ConfigMaps(namespace)
	for i := range 60 {
		name := fmt.Sprintf("object-%d", i%20)
		if i < 20 {
			s.create(namespace, name)
		}
		patch := fmt.Appendf(nil, "{\"data\":{\"version\":\"wrong\",\"round\":\"%d\"}}", i)
		if _, err := configMaps.Patch(t.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		name := fmt.Sprintf("short-lived-%d", i)
		s.create(namespace, name)
		if err := configMaps.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	s.stamped(namespace, "1")
}

// TestAPIServerRestart takes the API server away for a while.
func TestAPIServerRestart(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a control plane of its own")
	}
	own, err := controlplane.Start(t.Context(), controlplane.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = own.Stop() })
	namespace := own.NamespaceFor(t)
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "stamp.wasm"), stampModule(t, "1"))
	s := start(t, own, folder)
	s.create(namespace, "before")
	s.stamped(namespace, "1")

	if err := own.StopAPIServer(); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(folder, "stamp.wasm"), stampModule(t, "2")) // loaded without an API server
	s.logged("Plugin replaced", "plugin=stamp")
	if err := own.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.create(namespace, "after")
	s.stamped(namespace, "2")
}

// TestResourceThatIsServedLater loads a plugin before its
// CustomResourceDefinition exists.
func TestResourceThatIsServedLater(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder := t.TempDir()
	hosttest.BuildPlugin(t, "host/testdata/gadget", filepath.Join(folder, "gadget.wasm"))
	writeFile(t, filepath.Join(folder, "stamp.wasm"), stampModule(t, "1"))
	s := start(t, plane, folder)
	s.logged("Plugin loaded", "plugin=gadget")
	s.logged("gadgets", "plugin=gadget", "serves no resource")
	s.create(namespace, "neighbour")
	s.stamped(namespace, "1")

	gadgets := gadgetResource(t, plane, namespace)
	hosttest.Eventually(t, func() string {
		got, err := gadgets.Get(t.Context(), "one", metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		return missing(got.Object, int64(7), "status", "size")
	})
	s.logged("Weighed", "controller=scales", "sum=7") // woken by the watch: there was nothing at the start

	// One without a size wakes those alone who did not ask for one.
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": map[string]any{"name": "empty"},
	}}
	if _, err := gadgets.Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for controller, want := range map[string]string{"gadget": "filtered 1", "scales": "delivered 3"} {
		hosttest.Eventually(t, func() string {
			if got := s.wakeups(controller); !strings.Contains(got, want) {
				return fmt.Sprintf("wakeups of %s: got %q, want %s", controller, got, want)
			}
			return ""
		})
	}

	// The next plugin that comes sees a schema to compare with.
	rename(t, filepath.Join(folder, "gadget.wasm"), filepath.Join(folder, "gadget-again.wasm"))
	s.logged("Projection does not fit", "plugin=gadget-again", "status.weight does not exist")
}

// wakeups are the changes that a controller was told of, and spared.
func (s *stage) wakeups(controller string) string {
	s.t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	var text strings.Builder
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if l := m.GetLabel(); family.GetName() == "wcm_wakeups_total" && l[0].GetValue() == controller {
				fmt.Fprintf(&text, "%s %v, ", l[2].GetValue(), m.GetCounter().GetValue())
			}
		}
	}
	return text.String()
}

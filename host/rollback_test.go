// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/wasm-controller-manager/wcm/host"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/metric"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// status returns the state of a plugin.
func (s *stage) status(plugin string) host.PluginStatus {
	for _, p := range s.host.Status() {
		if p.Name == plugin {
			return p
		}
	}
	return host.PluginStatus{}
}

// inState waits until a plugin is in a state, in its status and as a metric.
func (s *stage) inState(plugin string, want metric.PluginState) host.PluginStatus {
	s.t.Helper()
	var status host.PluginStatus
	hosttest.Eventually(s.t, func() string {
		status = s.status(plugin)
		if status.State != want || s.series("wcm_plugin_state", "plugin", plugin, "state", string(want)) != 1 {
			return fmt.Sprintf("state of plugin %s: got %q (failure %v), want %q", plugin, status.State, status.Failure, want)
		}
		return ""
	})
	hosttest.Eventually(s.t, func() string { // once all plugins are loaded
		if err := s.host.Ready(); err != nil {
			return fmt.Sprintf("with a plugin that is %s, Ready says: %v", want, err)
		}
		return ""
	})
	return status
}

// series returns the value of one series, which has these labels; of a
// histogram the number of what it has seen.
func (s *stage) series(name string, labels ...string) float64 {
	s.t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var has []string
			for _, l := range m.GetLabel() {
				has = append(has, l.GetName(), l.GetValue())
			}
			if f.GetName() == name && strings.Join(has, " ") == strings.Join(labels, " ") {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return 0
}

func (s *stage) createMany(namespace, prefix string, n int) {
	s.t.Helper()
	for i := range n {
		s.create(namespace, fmt.Sprintf("%s-%d", prefix, i))
	}
}

// replace renames a module over a file, as a deployment does.
func replace(t *testing.T, file string, module []byte) {
	t.Helper()
	writeFile(t, file+".new", module)
	rename(t, file+".new", file)
}

// TestVersionThatTrapsIsRolledBack replaces a good module by one that traps for
// every object, starts the host anew, and brings a good one at last.
func TestVersionThatTrapsIsRolledBack(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder, cache := t.TempDir(), t.TempDir()
	file := filepath.Join(folder, "stamp.wasm")
	good, bad := stampModule(t, "1"), stampModule(t, "2", "main.poison=")
	writeFile(t, file, good)
	inCache := func(o *host.Options) { o.CacheDir = cache }
	s := start(t, plane, folder, inCache)
	s.createMany(namespace, "object", 20)
	s.stamped(namespace, "1")

	replace(t, file, bad)
	rolledBack := func(s *stage) {
		t.Helper()
		status := s.inState("stamp", metric.PluginRolledBack)
		left, ok := errors.AsType[*host.RolledBackError](status.Failure)
		if !ok || left.Digest != module.DigestOf(bad) || !strings.Contains(left.Because, "requests trapped") || !strings.Contains(left.Because, "everything is poison") {
			t.Errorf("status after the rollback: got failure %v, want one that names the module that was left, and why", status.Failure)
		}
		if status.Digest != module.DigestOf(good) {
			t.Errorf("after the rollback %s runs, want the good module", status.Digest.Short())
		}
	}
	rolledBack(s)
	s.event("PluginRolledBack", "module "+module.DigestOf(bad).Short()+" is left")
	s.createMany(namespace, "object-after", 3)
	s.stamped(namespace, "1")
	if got := s.series("wcm_rollbacks_total", "plugin", "stamp", "result", "success"); got != 1 {
		t.Errorf("wcm_rollbacks_total: got %v, want 1", got)
	}

	s.stop()
	s = start(t, plane, folder, inCache)
	rolledBack(s)
	s.event("PluginResumed", module.DigestOf(good).Short())
	s.createMany(namespace, "object-later", 3)
	s.stamped(namespace, "1")

	replace(t, file, stampModule(t, "3"))
	s.inState("stamp", metric.PluginRunning)
	s.stamped(namespace, "3")
}

// TestVersionThatTrapsSometimesStays replaces a good module by one that traps
// for a few objects, again and again.
func TestVersionThatTrapsSometimesStays(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "stamp.wasm")
	writeFile(t, file, stampModule(t, "1", "main.poison=nothing"))
	writeFile(t, filepath.Join(folder, "stamp.yaml"), []byte(hosttest.GrantAll+"rollback: {window: 3s}\n"))
	s := start(t, plane, folder)
	s.createMany(namespace, "object", 20)
	s.createMany(namespace, "poison", 5)
	s.stamped(namespace, "1")

	second := stampModule(t, "2")
	replace(t, file, second)
	s.stamped(namespace, "2", "poison-0 poison-1 poison-2 poison-3 poison-4")
	s.logged("Version is the last good one now", "digest="+module.DigestOf(second).Short())
	if status := s.inState("stamp", metric.PluginRunning); status.Digest != module.DigestOf(second) {
		t.Errorf("%s runs, want the second version", status.Digest.Short())
	}
}

// TestQuarantine has a plugin that traps for every object from the beginning,
// beside one that works on the same objects.
func TestQuarantine(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "bad.wasm")
	writeFile(t, file, stampModule(t, "bad", "main.poison="))
	writeFile(t, filepath.Join(folder, "good.wasm"), stampModule(t, "good"))
	s := start(t, plane, folder)
	s.createMany(namespace, "object", 20)
	status := s.inState("bad", metric.PluginQuarantined)
	if len(status.Quarantines) != 1 || !strings.Contains(status.Quarantines[0].Because, "requests trapped") ||
		!strings.Contains(status.Quarantines[0].Trap.Error(), "everything is poison") {
		t.Errorf("quarantines: got %+v, want that of the controller and why", status.Quarantines)
	}
	s.event("PluginQuarantined", "plugin bad")
	traps := s.series("wcm_guest_traps_total", "function", "wcm_reconcile", "plugin", "bad")

	s.createMany(namespace, "object-after", 20)
	s.stamped(namespace, "good")
	s.inState("good", metric.PluginRunning)
	if now := s.series("wcm_guest_traps_total", "function", "wcm_reconcile", "plugin", "bad"); now > traps+4 {
		t.Errorf("the plugin in quarantine trapped %v times more, want no more than were in flight", now-traps)
	}

	if err := os.Remove(filepath.Join(folder, "good.wasm")); err != nil {
		t.Fatal(err)
	}
	replace(t, file, stampModule(t, "fixed"))
	s.inState("bad", metric.PluginRunning)
	s.stamped(namespace, "fixed")
}

// TestMappingThatTraps counts calls of wcm_map as well.
func TestMappingThatTraps(t *testing.T) {
	createPods(t, plane.NamespaceFor(t))
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "map.wasm"), hosttest.Fixture(t, "map_traps"))
	s := start(t, plane, folder)
	status := s.inState("map", metric.PluginQuarantined)
	if len(status.Quarantines) != 1 || !strings.Contains(status.Quarantines[0].Because, "calls of wcm_map trapped") {
		t.Errorf("quarantines: got %+v, want one for mapping", status.Quarantines)
	}
}

// createPods makes enough pods for a verdict.
func createPods(t *testing.T, namespace string) {
	t.Helper()
	client := kubernetes.NewForConfigOrDie(plane.RESTConfig()).CoreV1()
	for i := range 12 {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("pod-", i)}, Spec: rc(namespace, "", 1).Spec.Template.Spec}
		if _, err := client.Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRollbackToOtherControllers replaces a good module by one that traps and
// has another controller, for another resource.
func TestRollbackToOtherControllers(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	createPods(t, namespace)
	folder := t.TempDir()
	file := filepath.Join(folder, "stamp.wasm")
	writeFile(t, file, stampModule(t, "1"))
	s := start(t, plane, folder)
	s.create(namespace, "before")
	s.stamped(namespace, "1")

	replace(t, file, hosttest.Fixture(t, "reconcile_traps"))
	status := s.inState("stamp", metric.PluginRolledBack)
	if len(status.Controllers) != 1 || status.Controllers[0] != "stamp" {
		t.Errorf("controllers after the rollback: got %v, want those of the good module", status.Controllers)
	}
	s.create(namespace, "after")
	s.stamped(namespace, "1")
}

// TestRollbackThatIsNotPossible deletes the last good module: the plugin is
// quarantined in the version that it has.
func TestRollbackThatIsNotPossible(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder, cache := t.TempDir(), t.TempDir()
	file := filepath.Join(folder, "stamp.wasm")
	writeFile(t, file, stampModule(t, "1"))
	s := start(t, plane, folder, func(o *host.Options) { o.CacheDir = cache })
	s.createMany(namespace, "object", 20)
	s.stamped(namespace, "1")
	kept, err := filepath.Glob(filepath.Join(cache, "last-good/stamp-*/*.wasm"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("modules that are kept: %v, %v, want one", kept, err)
	}
	if err := os.WriteFile(kept[0], []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	replace(t, file, stampModule(t, "2", "main.poison="))
	s.inState("stamp", metric.PluginQuarantined)
	s.event("PluginNotRolledBack", "other bytes")
	if got := s.series("wcm_rollbacks_total", "plugin", "stamp", "result", "error"); got != 1 {
		t.Errorf("wcm_rollbacks_total of errors: got %v, want 1", got)
	}
}

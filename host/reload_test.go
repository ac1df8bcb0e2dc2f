// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestReloadReplacesTheModule replaces the file in the ways that people and
// tools do; each time the new code must work on every object, also those that
// did not change.
func TestReloadReplacesTheModule(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "stamp.wasm")
	writeFile(t, file, stampModule(t, "1"))
	s := start(t, plane, folder)
	for i := range 20 {
		s.create(namespace, fmt.Sprintf("object-%d", i))
	}
	s.stamped(namespace, "1")

	// Objects come while modules are replaced; none may be lost.
	var writing sync.WaitGroup
	writing.Go(func() { // ends by itself; the test does not end before
		for i := range 150 {
			s.create(namespace, fmt.Sprintf("during-%d", i))
		}
	})
	t.Cleanup(writing.Wait)

	replacements := []struct {
		version string
		write   func(module []byte)
	}{
		{"renamed", func(module []byte) {
			writeFile(t, filepath.Join(folder, "new"), module)
			rename(t, filepath.Join(folder, "new"), file)
		}},
		{"in-place", func(module []byte) { writeFile(t, file, module) }},
		{"editor", func(module []byte) {
			rename(t, file, file+"~")
			writeFile(t, file, module)
			if err := os.Remove(file + "~"); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for i, r := range replacements {
		r.write(stampModule(t, r.version))
		s.stamped(namespace, r.version)
		if got := s.counter("wcm_reloads_total"); got != float64(i+1) {
			t.Errorf("after %s: wcm_reloads_total: got %v, want %d", r.version, got, i+1)
		}
	}
	writing.Wait()
	s.stamped(namespace, replacements[len(replacements)-1].version)
	s.event("PluginReplaced", "plugin stamp")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	s.logged("Plugin removed", "plugin=stamp")
}

// TestBrokenFileKeepsTheOldModule overwrites a good module with a broken one.
func TestBrokenFileKeepsTheOldModule(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "stamp.wasm")
	good := stampModule(t, "1")
	writeFile(t, file, good)
	s := start(t, plane, folder)
	s.create(namespace, "before")
	s.stamped(namespace, "1")

	writeFile(t, file, good[:len(good)/2])
	s.logged("Plugin is not loaded", "plugin=stamp", "is truncated")
	s.event("PluginNotLoaded", "runs on")
	s.create(namespace, "after")
	s.stamped(namespace, "1")
	if status := s.host.Status(); len(status) != 1 || status[0].Failure == nil {
		t.Errorf("Status: got %+v, want one plugin with a failure", status)
	}

	writeFile(t, file, stampModule(t, "2"))
	s.stamped(namespace, "2")
	if status := s.host.Status(); status[0].Failure != nil {
		t.Errorf("Status after a good file: got failure %v, want none", status[0].Failure)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// counter returns the sum of a metric's series.
func (s *stage) counter(name string) float64 {
	s.t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}

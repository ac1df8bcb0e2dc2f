// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/host"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/metric"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// TestNothingBadReplacesAGoodVersion changes the files of a plugin that runs,
// in every way that must not take effect; in between it mends them. That grants
// are taken away does take effect, see TestGrantsAreTakenAway.
func TestNothingBadReplacesAGoodVersion(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder := t.TempDir()
	file, manifest := filepath.Join(folder, "stamp.wasm"), filepath.Join(folder, "stamp.yaml")
	good := stampModule(t, "1")
	writeFile(t, file, good)
	s := start(t, plane, folder)
	s.create(namespace, "before")
	s.stamped(namespace, "1")

	tests := []struct {
		reason string
		do     func()
		want   string // in the failure
	}{
		{"half a module", func() { replace(t, file, good[:len(good)/2]) }, "truncated"},
		{"no module", func() { replace(t, file, []byte("text")) }, "no WebAssembly module"},
		{"no description", func() { replace(t, file, hosttest.Fixture(t, "describe_garbage")) }, "wcm_describe"},
		{"it traps when it is described", func() { replace(t, file, hosttest.Fixture(t, "describe_traps")) }, "wcm_describe trapped"},
		{"it traps when it is initialized", func() { replace(t, file, hosttest.Fixture(t, "initialize_traps")) }, "_initialize trapped"},
		{"it does not like its settings", func() { replace(t, file, hosttest.Fixture(t, "rejects")) }, "rejects its settings"},
		{"a module that cannot be read", func() { move(t, file, folder) }, "is a directory"},
		{"the operator's file has a slip of the pen", func() { writeFile(t, manifest, []byte(hosttest.GrantAll+"limit: {}\n")) }, `unknown field "limit"`},
		{"it is no YAML", func() { writeFile(t, manifest, []byte("{")) }, "stamp.yaml: yaml: line 1"},
		{"a limit that is none", func() { writeFile(t, manifest, []byte(hosttest.GrantAll+"limits: {memory: much}\n")) }, "limits.memory"},
		{"a rollback that is none", func() { writeFile(t, manifest, []byte(hosttest.GrantAll+"rollback: {share: 2}\n")) }, "rollback.share"},
		{"settings that the module does not take", func() { writeFile(t, manifest, []byte(hosttest.GrantAll+"settings: {a: 1}\n")) }, "settings: the module takes none"},
		{"controllers that the module does not choose", func() { writeFile(t, manifest, []byte(hosttest.GrantAll+"controllers: [other]\n")) },
			"cannot be used with " + manifest + ": controllers: got [other], expected no such field"},
		{"an operator's file that cannot be read", func() { move(t, manifest, folder) }, "is a directory"},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			refusals := s.counter("wcm_modules_refused_total")
			test.do()
			hosttest.Eventually(t, func() string {
				failure := s.status("stamp").Failure
				if failure == nil || !strings.Contains(failure.Error(), test.want) {
					return "failure: got " + errorText(failure) + ", want " + test.want
				}
				return ""
			})
			if got := s.counter("wcm_modules_refused_total"); got <= refusals {
				t.Errorf("wcm_modules_refused_total: got %v, want more than %v", got, refusals)
			}
			if status := s.inState("stamp", metric.PluginRefused); status.Digest != module.DigestOf(good) {
				t.Errorf("%s runs, want the good module", status.Digest.Short())
			}
			s.create(namespace, strings.ToLower(strings.Map(letter, test.reason)))
			s.stamped(namespace, "1")

			_ = os.Remove(file) // if it is a folder
			_ = os.Remove(manifest)
			writeFile(t, manifest, []byte(hosttest.GrantAll))
			replace(t, file, good)
			s.inState("stamp", metric.PluginRunning)
		})
	}
}

// letter keeps what can stand in the name of an object.
func letter(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return -1
}

func errorText(err error) string {
	if err == nil {
		return "none"
	}
	return err.Error()
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// move replaces a file by a folder in one step, for which a link does.
func move(t *testing.T, path, folder string) {
	t.Helper()
	link := filepath.Join(folder, "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	rename(t, link, path)
}

// TestBrokenFileAtTheStart starts a host anew after the file was overwritten
// with a broken one: what was good before runs again.
func TestBrokenFileAtTheStart(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder, cache := t.TempDir(), t.TempDir()
	file := filepath.Join(folder, "stamp.wasm")
	writeFile(t, file, stampModule(t, "1"))
	writeFile(t, filepath.Join(folder, "stamp.yaml"), []byte(hosttest.GrantAll+"rollback: {window: 1s}\n"))
	inCache := func(o *host.Options) { o.CacheDir = cache }
	s := start(t, plane, folder, inCache)
	s.create(namespace, "before")
	s.stamped(namespace, "1")
	s.logged("Version is the last good one now")
	s.stop()

	writeFile(t, file, []byte("broken"))
	s = start(t, plane, folder, inCache)
	s.inState("stamp", metric.PluginRefused)
	s.event("PluginResumed", "no WebAssembly module")
	s.create(namespace, "after")
	s.stamped(namespace, "1")

	// What is forgotten with the plugin does not come back with its name.
	remove(t, file)
	s.logged("Plugin removed")
	writeFile(t, file, []byte("broken again"))
	hosttest.Eventually(t, func() string {
		status := s.status("stamp")
		if status.Digest != "" || status.Failure == nil {
			return "a plugin that was removed and came back broken: it runs, or nothing was said"
		}
		return ""
	})
	if _, ok := errors.AsType[*host.RolledBackError](s.status("stamp").Failure); ok {
		t.Error("a broken file is said to be rolled back")
	}
}

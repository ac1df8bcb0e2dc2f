// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wasm-controller-manager/wcm/host"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
)

// keeping has compiled code kept in a directory.
func keeping(dir string) func(*host.Options) {
	return func(o *host.Options) { o.CacheDir = dir }
}

// idle lets the time pass after which a plugin has no code in memory.
func (s *stage) idle(plugin string) {
	s.t.Helper()
	hosttest.Eventually(s.t, func() string {
		s.host.ExpireOnce(s.t.Context())
		if status := s.status(plugin); !status.Idle {
			return "the code of " + plugin + " is in memory"
		}
		return ""
	})
}

// TestIdleInstancesExpire: a plugin without work has no instances, and works
// when there is some; one that may have a single instance keeps it.
func TestIdleInstancesExpire(t *testing.T) {
	for limits, want := range map[string]float64{"": 0, "limits: {instances: 1}\n": 1} {
		t.Run(limits, func(t *testing.T) {
			namespace := plane.NamespaceFor(t)
			folder := t.TempDir()
			writeFile(t, filepath.Join(folder, "stamp.wasm"), stampModule(t, "1"))
			writeFile(t, filepath.Join(folder, "stamp.yaml"), []byte(hosttest.GrantAll+limits))
			s := start(t, plane, folder, keeping(t.TempDir()))
			for _, object := range []string{"first", "second"} {
				s.create(namespace, object)
				s.stamped(namespace, "1")
				hosttest.Eventually(t, func() string { // when reconciles that find nothing to do have ended
					s.host.ExpireOnce(t.Context())
					if got := s.series("wcm_instances", "plugin", "stamp"); got != want {
						return fmt.Sprintf("%v instances are left, want %v", got, want)
					}
					return ""
				})
			}
		})
	}
}

// TestIdleCodeComesBack: a plugin whose code is not in memory is woken by a
// change, by its own wish to come back later, by a change that it maps itself,
// and when the cache has lost the code.
func TestIdleCodeComesBack(t *testing.T) {
	namespace := plane.NamespaceFor(t)
	folder, cache := t.TempDir(), t.TempDir()
	writeFile(t, filepath.Join(folder, "stamp.wasm"), stampModule(t, "1"))
	writeFile(t, filepath.Join(folder, "map.wasm"), hosttest.Fixture(t, "maps"))
	s := start(t, plane, folder, keeping(cache))
	s.create(namespace, "first")
	s.stamped(namespace, "1")

	s.idle("stamp")
	s.create(namespace, "second")
	s.stamped(namespace, "1")

	s.create(namespace, "later")
	s.idle("stamp")
	s.stamped(namespace, "1")

	s.idle("map")
	mapped := s.series("wcm_guest_call_seconds", "function", "wcm_map", "plugin", "map")
	s.pod(namespace, "pod")
	hosttest.Eventually(t, func() string {
		if got := s.series("wcm_guest_call_seconds", "function", "wcm_map", "plugin", "map"); got == mapped {
			return "the guest was not asked to map the change"
		}
		return ""
	})

	s.idle("stamp")
	removeFiles(t, filepath.Join(cache, "modules", "*"))
	s.create(namespace, "third")
	s.stamped(namespace, "1")

	s.idle("stamp")
	removeFiles(t, filepath.Join(cache, "modules", "*"), filepath.Join(cache, "last-good", "*", "*.wasm"))
	s.create(namespace, "fourth")
	s.logged("name=fourth", "code that was dropped while nobody used it cannot be had again", "no plugin in")
	if status := s.status("stamp"); status.Problem == nil {
		t.Error("the status has no problem although the code is lost")
	}
}

// pod makes a pod, which nobody runs. It may be called by any goroutine of the test.
func (s *stage) pod(namespace, name string) {
	s.t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "none"}}},
	}
	if _, err := s.client.CoreV1().Pods(namespace).Create(s.t.Context(), pod, metav1.CreateOptions{}); err != nil {
		s.t.Errorf("create Pod %s: %v", name, err)
	}
}

func removeFiles(t *testing.T, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("files like %s: %v, %v, want some", pattern, files, err)
		}
		for _, file := range files {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
}

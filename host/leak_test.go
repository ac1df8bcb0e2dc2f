// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// TestReloadsLeaveNothing replaces a plugin many times, while its code is unloaded
// whenever it rests and comes back for changes, and removes it. That
// its modules and instances are closed is checked by the host itself, which
// cannot stop else; bench/reloads.go does the same at length with Go guests.
func TestReloadsLeaveNothing(t *testing.T) {
	const warm, many = 5, 50
	folder := t.TempDir()
	file := filepath.Join(folder, "map.wasm")
	guest := hosttest.Fixture(t, "maps")
	writeFile(t, file, distinct(guest, many))
	s := start(t, plane, folder, keeping(t.TempDir()))
	stopResting := s.rest(plane.NamespaceFor(t))

	var before usage
	for i := range many {
		if i == warm {
			before = used()
		}
		next := distinct(guest, i)
		replace(t, file, next)
		hosttest.Eventually(t, func() string {
			if status := s.status("map"); status.Digest != module.DigestOf(next) {
				return fmt.Sprintf("module %s runs (failure %v), want %s", status.Digest.Short(), status.Failure, module.DigestOf(next).Short())
			}
			return ""
		})
	}
	hosttest.Eventually(t, func() string { // when the last one has drained
		now := used()
		if now.goroutines > before.goroutines || now.mappings > before.mappings+warm || now.files > before.files {
			return fmt.Sprintf("after %d reloads %+v, after %d %+v", many, now, warm, before)
		}
		return ""
	})
	stopResting()
	if got := s.counter("wcm_modules_loaded"); got != 1 {
		t.Errorf("wcm_modules_loaded: got %v, want 1", got)
	}
	remove(t, file)
	hosttest.Eventually(t, func() string {
		if resources := s.host.Resources(); len(resources) > 0 {
			return fmt.Sprintf("there are views of %v, and no plugin", resources)
		}
		return ""
	})
}

// rest unloads the code of plugins whenever they rest, and lets pods come that
// wake them, until it is stopped.
func (s *stage) rest(namespace string) (stop func()) {
	var resting sync.WaitGroup
	stopped := make(chan struct{})
	resting.Go(func() { // ends by stop, which waits
		for i := 0; ; i++ {
			select {
			case <-stopped:
				return
			default:
				s.host.ExpireOnce(s.t.Context())
				s.pod(namespace, fmt.Sprint("pod-", i))
			}
		}
	})
	stop = sync.OnceFunc(func() {
		close(stopped)
		resting.Wait()
	})
	s.t.Cleanup(stop)
	return stop
}

// distinct returns a module that does the same and has another digest: it
// appends a custom section.
func distinct(wasm []byte, i int) []byte {
	payload := fmt.Appendf([]byte{1, 'v'}, "%d", i)
	section := append([]byte{0, byte(len(payload))}, payload...)
	return append(append([]byte{}, wasm...), section...)
}

// usage is what a process has of the system.
type usage struct{ goroutines, mappings, files int }

func used() usage {
	runtime.GC() // compiled code is let go by finalizers
	maps, _ := os.ReadFile("/proc/self/maps")
	files, _ := os.ReadDir("/proc/self/fd")
	return usage{runtime.NumGoroutine(), strings.Count(string(maps), "\n"), len(files)}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
)

// TestIdleInstancesExpire: a plugin without work has no instances, and works
// when there is some; one that may have a single instance keeps it.
func TestIdleInstancesExpire(t *testing.T) {
	for limits, want := range map[string]float64{"": 0, "limits: {instances: 1}\n": 1} {
		t.Run(limits, func(t *testing.T) {
			namespace := plane.NamespaceFor(t)
			folder := t.TempDir()
			writeFile(t, filepath.Join(folder, "stamp.wasm"), stampModule(t, "1"))
			writeFile(t, filepath.Join(folder, "stamp.yaml"), []byte(hosttest.GrantAll+limits))
			s := start(t, plane, folder)
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

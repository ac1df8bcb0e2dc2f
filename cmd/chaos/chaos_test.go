// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
)

// TestChaos is make chaos at a small size.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a control plane; not with -short")
	}
	bin := filepath.Join(t.TempDir(), "bin")
	if err := hosttest.BuildPrograms(bin); err != nil {
		t.Fatal(err)
	}
	wrong, err := run(t.Context(), options{
		bin: bin, duration: 50 * time.Second, killEvery: 15 * time.Second, restarts: 1, hosts: 2, stories: 1, seed: 1,
		progress: t.Output(),
	})
	if err != nil {
		t.Error(err)
	}
	for _, sentence := range wrong {
		t.Error(sentence)
	}
}

func TestOffences(t *testing.T) {
	for _, test := range []struct {
		name, log string
		want      []string
	}{
		{"quiet", "I1123 04:46:25.583483    6445 run.go:74] \"Starting\"\n", nil},
		{"panic", "one\npanic: runtime error\n\ngoroutine 1 [running]:\nmain.main()\n", []string{"panic: runtime error", "goroutine 1 [running]:"}},
		{"fatal", "fatal error: concurrent map writes\n", []string{"fatal error: concurrent map writes"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			log := filepath.Join(dir, "host.log")
			if err := os.WriteFile(log, []byte(test.log), 0o600); err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, line := range test.want {
				want = append(want, log+": "+line)
			}
			if got, err := offences(dir); err != nil || !slices.Equal(got, want) {
				t.Errorf("offences: got %q, error %v, want %q", got, err, want)
			}
		})
	}
	if _, err := offences(t.TempDir()); err == nil {
		t.Error("offences of a directory without logs succeeds")
	}
}

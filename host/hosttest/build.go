// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package hosttest helps tests of the host: it builds real plugins and waits
// for what a cluster does in its own time. It is imported by tests and
// benchmarks only.
package hosttest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Root returns the root folder of the repository.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// GrantAll is an operator's file that grants everything that a module may want,
// for tests that are about something else.
const GrantAll = `grants:
  resources: [{groups: ["*"], resources: ["*"], verbs: ["*"]}]
  discover: true
`

// BuildPlugin compiles the Go plugin in a folder of the repository, such as
// "examples/hollow-kubelet", and writes the module to the file. Each
// definition sets a string variable of the plugin, as in "main.version=2". The
// operator's file comes beside it: the one of the folder, which has its name,
// or [GrantAll] if it has none.
func BuildPlugin(t testing.TB, folder, file string, definitions ...string) {
	t.Helper()
	if err := build(folder, file, strings.Join(append([]string{"-s -w"}, definitions...), " -X ")); err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile(filepath.Join(Root(), folder, filepath.Base(folder)+".yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		manifest, err = []byte(GrantAll), nil
	}
	if err == nil {
		err = os.WriteFile(strings.TrimSuffix(file, ".wasm")+".yaml", manifest, 0o600)
	}
	if err != nil {
		t.Fatalf("operator's file of plugin %s: %v", folder, err)
	}
}

// Fixture returns a hand-written guest of host/guest/testdata, by its name
// without extension.
func Fixture(t testing.TB, name string) []byte {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join(Root(), "host", "guest", "testdata", name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// build compiles the plugin in a folder of the repository.
func build(folder, file, ldflags string) error {
	command := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags="+ldflags, "-o", file, ".")
	command.Dir = filepath.Join(Root(), folder)
	command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build plugin %s: %w\n%s", folder, err, output)
	}
	return nil
}

// Eventually asks the condition again and again until it returns an empty
// string, and fails the test with the last answer if that takes longer than a
// minute. It is for waiting on real processes, which have no clock to fake.
func Eventually(t testing.TB, condition func() (missing string)) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		missing := condition()
		if missing == "" {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("after a minute: %s", missing)
		case <-t.Context().Done():
			t.Fatalf("test ended: %s", missing)
		case <-look.C:
		}
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

// builds keeps what [build] made, so that tests of one guest share it.
var builds = struct {
	sync.Mutex
	wasm map[string][]byte // guarded by Mutex
}{wasm: map[string][]byte{}}

// build returns a package, or a file, as a wasm module.
func build(t testing.TB, pkg string) []byte {
	t.Helper()
	builds.Lock()
	defer builds.Unlock()
	if wasm := builds.wasm[pkg]; wasm != nil {
		return wasm
	}
	out := filepath.Join(t.TempDir(), "guest.wasm")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-buildmode=c-shared", "-o", out, pkg)
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, output)
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	builds.wasm[pkg] = wasm
	return wasm
}

// load compiles a module.
func load(t testing.TB, wasm []byte) *module.Module {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	compiler, err := module.OpenCompiler(ctx, module.Options{Host: guest.HostFunction, Yield: guest.YieldFunction})
	if err != nil {
		t.Fatal(err)
	}
	m, err := compiler.Compile(ctx, wasm)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := compiler.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return m
}

// start returns a function for [sdktest.NewFor] that runs the module.
func start(t testing.TB, m *module.Module) func(abi.Operator, func() time.Time) sdktest.Guest {
	return func(operator abi.Operator, now func() time.Time) sdktest.Guest {
		ctx := context.WithoutCancel(t.Context())
		instance, err := guest.New(ctx, m, guest.Options{Plugin: "test", Operator: operator, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := instance.Close(ctx); err != nil {
				t.Error(err)
			}
		})
		return instance
	}
}

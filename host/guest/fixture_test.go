// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/module"
)

//go:generate find testdata -name *.wat -execdir wat2wasm --no-check {} ;

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestFixtures checks that the committed .wasm are what their sources say.
func TestFixtures(t *testing.T) {
	if _, err := exec.LookPath("wat2wasm"); err != nil {
		if os.Getenv("REQUIRE_WABT") != "" {
			t.Fatalf("REQUIRE_WABT is set: %v", err)
		}
		t.Skip("wat2wasm, of the package wabt, is not installed")
	}
	sources, err := filepath.Glob("testdata/*.wat")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, source := range sources {
		binary := strings.TrimSuffix(source, ".wat") + ".wasm"
		got, err := os.ReadFile(binary)
		if err != nil {
			t.Error(err)
			continue
		}
		rebuilt := filepath.Join(t.TempDir(), filepath.Base(binary))
		if out, err := exec.CommandContext(t.Context(), "wat2wasm", "--no-check", source, "-o", rebuilt).CombinedOutput(); err != nil {
			t.Errorf("wat2wasm %s: %v\n%s", source, err, out)
			continue
		}
		want, err := os.ReadFile(rebuilt)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what %s gives: run go generate ./host/guest", binary, source)
		}
	}
}

// open opens a compiler that the test closes.
func open(t testing.TB) *module.Compiler {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	c, err := module.OpenCompiler(ctx, module.Options{Host: guest.HostFunction, Yield: guest.YieldFunction})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(ctx); err != nil {
			t.Errorf("Compiler.Close: %v", err)
		}
	})
	return c
}

// load compiles a fixture, by a compiler of its own.
func load(t testing.TB, name string) *module.Module {
	t.Helper()
	return compile(t, open(t), read(t, name))
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	return maybeCopied(t, hosttest.Fixture(t, name))
}

func compile(t testing.TB, c *module.Compiler, wasm []byte) *module.Module {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	m, err := c.Compile(ctx, wasm)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(ctx); err != nil {
			t.Errorf("Module.Close: %v", err)
		}
	})
	return m
}

// instantiate makes an instance that the test closes.
func instantiate(t testing.TB, m *module.Module, o guest.Options) *guest.Instance {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	i, err := guest.New(ctx, m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Close(ctx); err != nil {
			t.Errorf("Instance.Close: %v", err)
		}
	})
	return i
}

// operator is an abi.Operator of functions.
type operator struct {
	operate func(ctx context.Context, op abi.Operation, request, buffer []byte) (abi.Status, []byte)
	enabled func(level abi.Level) bool
}

func (o operator) Operate(ctx context.Context, op abi.Operation, request, buffer []byte) (abi.Status, []byte) {
	return o.operate(ctx, op, request, buffer)
}

func (o operator) LogEnabled(_ context.Context, level abi.Level) bool { return o.enabled(level) }

// answer is an operator that answers each operation with the same result.
func answer(status abi.Status, result []byte) operator {
	return operator{operate: func(_ context.Context, _ abi.Operation, _, buffer []byte) (abi.Status, []byte) {
		return status, append(buffer, result...)
	}}
}

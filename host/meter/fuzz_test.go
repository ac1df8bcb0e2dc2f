// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/host/meter"
	"github.com/wasm-controller-manager/wcm/host/wasm"
	"github.com/wasm-controller-manager/wcm/host/wasm/spectest"
)

// FuzzRewrite compares what wazero says of a module before and after it is
// rewritten: an invalid one stays invalid, a valid one valid.
func FuzzRewrite(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.wasm")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	for _, name := range seeds {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	for _, s := range spectest.Load(f) {
		for _, c := range s.Commands {
			if file := s.Module(f, &c); file != nil && len(file) < 100 && (c.Type == "module" || c.Type == "assert_invalid") {
				f.Add(file)
			}
		}
	}
	// Small ones compile in no time.
	limits := wasm.DefaultLimits()
	limits.Size, limits.Locals, limits.LocalsTimesBlocks, limits.LocalsTimesLoops, limits.TableEntries = 20_000, 200, 5_000, 1_000, 10_000
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := wasm.Decode(file, limits)
		if err != nil {
			return
		}
		metered, err := meter.Rewrite(m)
		if err != nil {
			return
		}
		if _, err := wasm.Decode(metered, wasm.DefaultLimits()); err != nil {
			t.Fatalf("Decode of the rewritten module: %v", err)
		}
		// What is in custom sections makes no module invalid.
		want, got := compile(t, withoutCustoms(m)), compile(t, metered)
		if (want == nil) != (got == nil) {
			t.Fatalf("the rewritten module: %v, the original: %v", got, want)
		}
	})
}

// compile returns why wazero does not compile a module.
func compile(t testing.TB, file []byte) (err error) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler().WithCoreFeatures(api.CoreFeaturesV2))
	defer r.Close(ctx)
	defer func() {
		if p := recover(); p != nil { // some invalid modules make it panic
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	_, err = r.CompileModule(ctx, file)
	return err
}

func withoutCustoms(m *wasm.Module) []byte {
	out := append([]byte(nil), m.File[:8]...)
	for _, s := range m.Sections {
		if s.ID != wasm.SectionCustom {
			out = append(out, s.ID)
			out = appendSized(out, m.File[s.Start:s.End])
		}
	}
	return out
}

// FuzzPrograms is TestRandom with other programs.
func FuzzPrograms(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { runRandom(t, seed) })
}

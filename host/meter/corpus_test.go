// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// TestCorpus runs the same small program as several compilers emit it, plain,
// metered, and metered with an audit: the results are the same. The sources
// are in testdata/corpus, each with the line that builds it.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/corpus/*.wasm")
	if err != nil || len(files) < 4 {
		t.Fatalf("corpus: %v, %v", files, err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			file, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			compareWords(t, file)
		})
	}
	t.Run("go", func(t *testing.T) {
		if testing.Short() {
			t.Skip("builds a guest with the Go toolchain")
		}
		compareWords(t, buildGuest(t, "./testdata/corpus/words"))
	})
}

// buildGuest compiles a guest with the standard toolchain.
func buildGuest(t testing.TB, folder string) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "guest.wasm")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", name, folder)
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build.Args, err, out)
	}
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// compareWords runs a guest of the corpus on a few texts.
func compareWords(t *testing.T, file []byte) {
	t.Helper()
	plain := startGuest(t, newRuntime(t, 0), file, false)
	metered := startGuest(t, newRuntime(t, 3), file, true)
	audited := newRuntime(t, 10_000)
	audited.ledgers = map[api.Module]*ledger{}
	counted := startGuest(t, audited, file, true)
	for _, text := range []string{
		"", "a", "the quick brown fox jumps over the lazy dog the fox",
		strings.Repeat("one two three ", 500), strings.Repeat("x", 5000), "\xff\xfe not UTF-8", "äöü 世界 äöü",
		strings.Join(strings.Split(strings.Repeat("abcdefghijklmnopqrstuvwxyz", 40), ""), " "),
	} {
		want := countWords(t, plain, text)
		if len(want) == 0 {
			t.Errorf("no result for %.20q", text)
		}
		if got := countWords(t, metered, text); !bytes.Equal(got, want) {
			t.Errorf("metered result for %.20q:\n got %.300q\nwant %.300q", text, got, want)
		}
		if got := countWords(t, counted, text); !bytes.Equal(got, want) {
			t.Errorf("audited result for %.20q:\n got %.300q\nwant %.300q", text, got, want)
		}
	}
	l := audited.ledger(counted)
	l.calls += 20
	l.close(t)
	t.Logf("%d instructions for %d units, at most %d between two yields", l.work(), l.spent, l.longest)
}

func startGuest(t *testing.T, r *runtime, file []byte, meter bool) api.Module {
	t.Helper()
	if _, err := wasi_snapshot_preview1.Instantiate(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	config := wazero.NewModuleConfig().WithStartFunctions("_initialize").WithArgs("guest")
	start := func() (api.Module, error) { return r.InstantiateWithConfig(t.Context(), file, config) }
	if meter {
		start = func() (api.Module, error) { return r.instantiate(t, file, config) }
	}
	m, err := start()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// countWords lets a guest count words. A trap is a result as well.
func countWords(t *testing.T, m api.Module, text string) []byte {
	t.Helper()
	address, err := m.ExportedFunction("alloc").Call(t.Context(), uint64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	if text != "" && !m.Memory().WriteString(uint32(address[0]), text) {
		t.Fatalf("alloc returned %#x, outside of the memory", address[0])
	}
	result, err := m.ExportedFunction("run").Call(t.Context(), address[0], uint64(len(text)))
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return []byte(first)
	}
	out, ok := m.Memory().Read(uint32(result[0]>>32), uint32(result[0]))
	if !ok {
		t.Fatalf("run returned %#x, outside of the memory", result[0])
	}
	return bytes.Clone(out)
}

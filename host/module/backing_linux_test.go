// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/module/moduletest"
)

// computing returns a plugin with functions of more than a MiB of code, whose
// wcm_describe calls the last of them.
func computing() []byte {
	const functions, additions = 200, 2000
	const i64Load, i64Add, i32Const, i64Const, call = 0x29, 0x7c, 0x41, 0x42, 0x10
	load := []byte{i32Const, 0, i64Load, 3, 0, i64Add} // which a compiler cannot know
	body := slices.Concat([]byte{i64Const, 42}, bytes.Repeat(load, additions))
	trap := moduletest.Function(0, 0)
	declared := [][]byte{{0}, {1}, {2}, {3}}
	code := [][]byte{trap, trap, moduletest.Function(0, append([]byte{call}, moduletest.Number(3+functions)...)...), trap}
	for range functions {
		declared = append(declared, []byte{2}) // the type of wcm_describe
		code = append(code, moduletest.Function(0, body...))
	}
	return moduletest.Plugin().With(3, moduletest.List(declared...)).With(10, moduletest.List(code...)).Bytes()
}

// TestCodeIsBacked: a file stands behind the code of a large module, which runs
// as before, also while it gets there. It goes with the module.
func TestCodeIsBacked(t *testing.T) {
	dir, wasm := t.TempDir(), computing()
	c := open(t, module.Options{CacheDir: dir, Child: compileChild})
	m, err := c.Compile(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	var calling sync.WaitGroup
	for range 8 {
		calling.Go(func() {
			instance, err := m.Instantiate(t.Context(), wazero.NewModuleConfig().WithName(""))
			if err != nil {
				t.Error(err)
				return
			}
			got, err := instance.ExportedFunction("wcm_describe").Call(t.Context())
			if err != nil || got[0] != 42 {
				t.Errorf("wcm_describe() = %v, %v, want 42", got, err)
			}
			if err := instance.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	hosttest.Eventually(t, func() string {
		if maps := mappings(t, dir); len(maps) != 1 || !strings.Contains(maps[0], "r-xp") {
			return fmt.Sprintf("mappings of files in the cache: %q, want one that can be run", maps)
		}
		return ""
	})
	calling.Wait()
	instance, err := m.Instantiate(t.Context(), wazero.NewModuleConfig())
	if err != nil {
		t.Fatal(err)
	}
	got, err := instance.ExportedFunction("wcm_describe").Call(t.Context())
	if err = errors.Join(err, instance.Close(t.Context())); err != nil || got[0] != 42 {
		t.Errorf("wcm_describe() = %v, %v, want 42", got, err)
	}
	if err := m.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	leftNothing(t, dir)
}

// TestCodeOfNoFile: where no file can stand behind code, it runs as it is, and
// that is said.
func TestCodeOfNoFile(t *testing.T) {
	dir, log := t.TempDir(), &transcript{}
	c := open(t, module.Options{CacheDir: dir, Child: compileChild, Logger: log.logger()})
	m, err := c.Compile(t.Context(), computing())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir + "/stage"); err != nil {
		t.Fatal(err)
	}
	instance, err := m.Instantiate(t.Context(), wazero.NewModuleConfig())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := instance.ExportedFunction("wcm_describe").Call(t.Context()); err != nil {
		t.Error(err)
	}
	hosttest.Eventually(t, func() string {
		if log.count("Compiled code is in memory as a whole", "no such file or directory") == 0 {
			return "nobody has said that the code is in memory as a whole"
		}
		return ""
	})
	for _, closer := range []interface{ Close(context.Context) error }{instance, m} {
		if err := closer.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// mappings returns the lines of /proc/self/maps with files below a directory.
func mappings(t *testing.T, dir string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, dir) {
			lines = append(lines, line)
		}
	}
	return lines
}

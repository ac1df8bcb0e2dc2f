// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/module"
)

// only returns the one file that the pattern matches below the directory.
func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(files) != 1 {
		t.Fatalf("files like %s: %v, %v, want one", pattern, files, err)
	}
	return files[0]
}

// edit changes the content of a file in place.
func edit(change func(content []byte) []byte) func(t *testing.T, file string) {
	return func(t *testing.T, file string) {
		t.Helper()
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, change(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCacheDamaged breaks what is in the cache in many ways. Each is found out
// before wazero sees it, said once, and mended by compiling again.
func TestCacheDamaged(t *testing.T) {
	const entry, code = "modules/*", "wazero-*/*"
	truncate := edit(func(b []byte) []byte { return b[:len(b)/2] })
	empty := edit(func([]byte) []byte { return nil })
	for _, c := range []struct {
		name   string
		file   string
		damage func(t *testing.T, file string)
		want   string // in the log
	}{
		{"code truncated", code, truncate, "its code has changed"},
		{"code of more functions than memory", code, edit(func(b []byte) []byte {
			// Behind "WAZEVO", a length and the version: this would make wazero allocate 32 GB.
			at := 7 + int(b[6])
			binary.LittleEndian.PutUint32(b[at:], 0xffff_fff0)
			return b
		}), "its code has changed"},
		{"code with another offset of a function", code, edit(func(b []byte) []byte {
			b[7+int(b[6])+4]++
			return b
		}), "its code has changed"},
		{"code gone", code, func(t *testing.T, file string) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}, "its code is gone"},
		{"code writable for others", code, func(t *testing.T, file string) {
			if err := os.Chmod(file, 0o606); err != nil {
				t.Fatal(err)
			}
		}, "can be written by others: its mode is 0606, expected 0604"},
		{"code of another user", code, func(t *testing.T, file string) {
			if err := os.Chown(file, 1234, 1234); err != nil {
				t.Skip("needs root: ", err)
			}
		}, "belongs to user 1234"},
		{"entry truncated", entry, truncate, "its entry"},
		{"entry empty", entry, empty, "its entry: unexpected end of JSON input"},
		{"entry with another module", entry, edit(func(b []byte) []byte {
			b[len(b)-1]++
			return b
		}), "its entry has changed"},
		{"entry that names a file elsewhere", entry, edit(func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"name":"`), []byte(`"name":"../`), 1)
		}), "its entry has changed"},
		{"entry writable for others", entry, func(t *testing.T, file string) {
			if err := os.Chmod(file, 0o660); err != nil {
				t.Fatal(err)
			}
		}, "can be written by others: its mode is 0660, expected 0640"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, wasm, log := t.TempDir(), read(t, "minimal"), &transcript{}
			o := module.Options{CacheDir: dir, Child: compileChild, Logger: log.logger()}
			compiled(t, open(t, o), wasm)
			c.damage(t, only(t, dir, c.file))
			for _, want := range []module.Origin{module.FromChild, module.FromCache} {
				if s := compiled(t, open(t, o), wasm); s.Origin != want {
					t.Errorf("stats %+v, want origin %s", s, want)
				}
			}
			log.has(t, 1, "Compiled module in the cache is not used", c.want)
			log.has(t, 1, "", "")
			leftNothing(t, dir)
		})
	}
}

// TestCacheShared is a directory with two compilers and the leftovers of a
// third that died.
func TestCacheShared(t *testing.T) {
	dir := t.TempDir()
	o := module.Options{CacheDir: dir, Child: compileChild}
	one, other := open(t, o), open(t, o)
	if a, b := compiled(t, one, read(t, "minimal")), compiled(t, other, read(t, "minimal")); a.Origin != module.FromChild || b.Origin != module.FromCache {
		t.Errorf("stats %+v and %+v, want a compilation and its use", a, b)
	}
	fresh, stale := filepath.Join(dir, "stage", "fresh"), filepath.Join(dir, "stage", "stale")
	for _, stage := range []string{fresh, stale} {
		if err := os.Mkdir(stage, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	age(t, stale)
	open(t, o)
	if got := only(t, dir, "stage/*"); got != fresh {
		t.Errorf("stage that is left: %s, want %s", got, fresh)
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/host/module"
)

func age(t *testing.T, path string) {
	t.Helper()
	then := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
}

// TestCacheDirRefused has directories that are no cache for this process: it
// compiles all the same, into one of its own, and says so once.
func TestCacheDirRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, dir string)
		want string
	}{
		{"a file", func(t *testing.T, dir string) {
			if err := os.WriteFile(dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "not a directory"},
		{"everybody's", func(t *testing.T, dir string) {
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(dir, 0o777); err != nil { // umask or not
				t.Fatal(err)
			}
		}, "can be written by others: its mode is 0777, expected 0755"},
		{"another user's", func(t *testing.T, dir string) {
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Chown(dir, 1234, 1234); err != nil {
				t.Skip("needs root: ", err)
			}
		}, "belongs to user 1234, expected 0 or root"},
		{"read-only", readOnly, " "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			dir, log := filepath.Join(t.TempDir(), "cache"), &transcript{}
			c.make(t, dir)
			compiler := open(t, module.Options{CacheDir: dir, Child: compileChild, Logger: log.logger()})
			for _, name := range []string{"minimal", "poison"} {
				if s := compiled(t, compiler, read(t, name)); s.Origin != module.FromChild {
					t.Errorf("%s: stats %+v, want a compilation by a child", name, s)
				}
			}
			if s := compiled(t, compiler, read(t, "minimal")); s.Origin != module.FromCache {
				t.Errorf("stats %+v, want code that this process has kept", s)
			}
			log.has(t, 1, "Compiled modules are not kept: the cache directory cannot be used", c.want)
			log.has(t, 1, "", "")
			if err := compiler.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
				t.Errorf("left in the temporary directory: %v %v", left, err)
			}
		})
	}
}

// TestCacheNowhere has no place at all for what a child compiles. The child
// still finds out what compiling would cost.
func TestCacheNowhere(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	log := &transcript{}
	c := open(t, module.Options{Child: compileChild, CompileTimeout: 10 * time.Second, Logger: log.logger()})
	for _, name := range []string{"minimal", "poison"} {
		if s := compiled(t, c, read(t, name)); s.Origin != module.FromProcess || s.Child.Wall == 0 {
			t.Errorf("%s: stats %+v, want a compilation by a child and one in this process", name, s)
		}
	}
	_, err := c.Compile(t.Context(), read(t, "invalid_code"))
	if refused, ok := errors.AsType[*module.RefusedError](err); !ok || refused.Reason != module.NotCompilable {
		t.Errorf("Compile(invalid_code.wasm): %v, want a refusal", err)
	}
	log.has(t, 1, "Modules are compiled twice", "no such file or directory")
	log.has(t, 1, "", "")
}

// TestCacheFull fills the disk and makes room again.
func TestCacheFull(t *testing.T) {
	dir, log := t.TempDir(), &transcript{}
	mount(t, dir, "size=256k,mode=0700")
	c := open(t, module.Options{CacheDir: dir, Child: compileChild, Logger: log.logger()})
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk: %v, want %v", err, syscall.ENOSPC)
	}
	for _, name := range []string{"minimal", "poison"} {
		if s := compiled(t, c, read(t, name)); s.Origin != module.FromProcess || s.Child.Wall == 0 {
			t.Errorf("%s: stats on a full disk %+v, want a compilation by a child and one in this process", name, s)
		}
	}
	log.has(t, 1, "Modules are compiled twice", "no space left on device")
	log.has(t, 1, "", "")
	leftNothing(t, dir)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	for _, want := range []module.Origin{module.FromChild, module.FromCache} {
		if s := compiled(t, c, read(t, "minimal")); s.Origin != want {
			t.Errorf("stats with room on the disk %+v, want origin %s", s, want)
		}
	}
}

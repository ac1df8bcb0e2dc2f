// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/host/module"
)

func version(wasm, settings string) Version {
	return Version{Module: module.DigestOf([]byte(wasm)), Settings: []byte(settings)}
}

// expectGood wants a version on a shelf, also on one that is opened anew.
func expectGood(t *testing.T, s *Shelf, wasm, settings string) {
	t.Helper()
	for _, s := range []*Shelf{s, {folder: s.folder}} {
		v, err := s.Good()
		if diff := cmp.Diff(version(wasm, settings), v); err != nil || diff != "" {
			t.Fatalf("Good(): error %v, -want +got:\n%s", err, diff)
		}
		if got, err := s.Module(v.Module); err != nil || string(got) != wasm {
			t.Errorf("Module(%s) = %q, %v, want %q", v.Module.Short(), got, err, wasm)
		}
	}
}

func store(t *testing.T, s *Shelf, wasm string) {
	t.Helper()
	if err := s.Store(module.DigestOf([]byte(wasm)), []byte(wasm)); err != nil {
		t.Fatal(err)
	}
}

func setGood(t *testing.T, s *Shelf, v Version) {
	t.Helper()
	if err := s.SetGood(v); err != nil {
		t.Fatal(err)
	}
}

func (s *Shelf) modules(t *testing.T) int {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(s.folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, path := range paths {
		if strings.HasSuffix(path, ".wasm") {
			n++
		}
	}
	return n
}

// TestLifeOfAPlugin plays versions that come, are good, and are left.
func TestLifeOfAPlugin(t *testing.T) {
	s := Open(t.TempDir(), "stamp", "plugins/stamp.wasm")
	if _, err := s.Good(); !errors.Is(err, ErrEmpty) {
		t.Fatalf("Good() of a new plugin: got error %v, want %v", err, ErrEmpty)
	}
	if err := s.SetLeft(nil); err != nil {
		t.Errorf("SetLeft(nil) of a new plugin: %v", err)
	}
	store(t, s, "one")
	setGood(t, s, version("one", `{"a":1}`))
	for _, bad := range []string{"two", "three"} {
		store(t, s, bad)
		expectGood(t, s, "one", `{"a":1}`)
		if got := s.modules(t); got != 2 {
			t.Errorf("%d modules are kept while %s runs, want it and the good one", got, bad)
		}
	}
	left := &Left{
		Module: module.DigestOf([]byte("three")), Manifest: sha256.Sum256([]byte("settings: {}")),
		Because: "10 of 10 requests trapped", At: time.Unix(1e9, 0).UTC(),
	}
	if err := s.SetLeft(left); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Left(); err != nil || !cmp.Equal(got, left) {
		t.Errorf("Left() = %+v, %v, want %+v", got, err, left)
	}
	expectGood(t, s, "one", `{"a":1}`)

	store(t, s, "four")
	setGood(t, s, version("four", `{}`))
	if err := s.SetLeft(nil); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Left(); err != nil || got != nil {
		t.Errorf("Left() after SetLeft(nil) = %+v, %v, want none", got, err)
	}
	expectGood(t, s, "four", `{}`)
	if got := s.modules(t); got != 1 {
		t.Errorf("%d modules are kept, want the good one", got)
	}
	if err := s.Clear(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Good(); !errors.Is(err, ErrEmpty) {
		t.Errorf("Good() after Clear: got error %v, want %v", err, ErrEmpty)
	}
}

// TestOneNameManyPlugins keeps plugins of one name apart that come from other
// places, as those of two hosts do.
func TestOneNameManyPlugins(t *testing.T) {
	folder := t.TempDir()
	one, two := Open(folder, "stamp", "/a/stamp.wasm"), Open(folder, "stamp", "/b/stamp.wasm")
	store(t, one, "one")
	setGood(t, one, version("one", `{}`))
	if _, err := two.Good(); !errors.Is(err, ErrEmpty) {
		t.Errorf("Good() of the other plugin: got error %v, want %v", err, ErrEmpty)
	}
}

func TestDamage(t *testing.T) {
	module := func(s *Shelf) string { return s.file(version("one", "").Module) }
	tests := []struct {
		reason string
		do     func(s *Shelf) error
		want   string
	}{
		{"other bytes", func(s *Shelf) error { return os.WriteFile(module(s), []byte("evil"), 0o600) }, "other bytes"},
		{"no module", func(s *Shelf) error { return os.Remove(module(s)) }, "no such file"},
		{"half a state", func(s *Shelf) error { return os.WriteFile(s.stateFile(), []byte(`{"good":`), 0o600) }, ErrEmpty.Error()},
		{"a path for a digest", func(s *Shelf) error {
			return os.WriteFile(s.stateFile(), []byte(`{"good":{"module":"sha256:../../x"}}`), 0o600)
		}, ErrEmpty.Error()},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			s := Open(t.TempDir(), "stamp", "stamp.wasm")
			store(t, s, "one")
			setGood(t, s, version("one", `{}`))
			if err := test.do(s); err != nil {
				t.Fatal(err)
			}
			v, err := s.Good()
			if err == nil {
				_, err = s.Module(v.Module)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Good() and Module(): got error %v, want %q", err, test.want)
			}
			store(t, s, "two") // it goes on as a new one
			setGood(t, s, version("two", `{}`))
			expectGood(t, s, "two", `{}`)
		})
	}
}

// TestNoDirectory cannot write: nothing is kept, and everybody is told.
func TestNoDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := Open(file, "stamp", "stamp.wasm")
	if err := s.Store(module.DigestOf([]byte("one")), []byte("one")); err == nil {
		t.Error("Store below a file: got no error")
	}
	if err := s.SetGood(version("one", "")); err == nil {
		t.Error("SetGood below a file: got no error")
	}
}

// TestSharedModule: two plugins of one module have one file of it, and each
// keeps it without the other.
func TestSharedModule(t *testing.T) {
	folder := t.TempDir()
	a, b := Open(folder, "a", "/a.wasm"), Open(folder, "b", "/b.wasm")
	store(t, a, "shared")
	store(t, b, "shared")
	setGood(t, b, version("shared", "{}"))
	files := make([]os.FileInfo, 2)
	for i, s := range []*Shelf{a, b} {
		var err error
		if files[i], err = os.Stat(s.file(module.DigestOf([]byte("shared")))); err != nil {
			t.Fatal(err)
		}
	}
	if !os.SameFile(files[0], files[1]) {
		t.Error("the module of two plugins is two files, want one")
	}
	if err := a.Clear(); err != nil {
		t.Fatal(err)
	}
	expectGood(t, b, "shared", "{}")
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEmbedded plays steps on a directory beside two embedded plugins.
func TestEmbedded(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	overlaid := func(operators []byte) ([]byte, error) {
		if string(operators) == "wrong" {
			return nil, errors.New("is wrong")
		}
		return append([]byte("own+"), operators...), nil
	}
	reads := 0
	r := newRecorder()
	d := New(Options{
		Path: folder, Installer: r, Logger: slog.New(slog.DiscardHandler),
		Embedded: Embedded{
			Module:  func() ([]byte, error) { reads++; return []byte("shared"), nil },
			Plugins: map[string]func([]byte) ([]byte, error){"a": overlaid, "b": overlaid},
		},
	})
	remove := func(name string) {
		if err := os.Remove(path(name)); err != nil {
			t.Fatal(err)
		}
	}
	steps := []struct {
		reason string
		do     func()
		want   []string
	}{
		{"both are there at once", func() {}, []string{"install a shared own+", "install b shared own+"}},
		{"nothing changed", func() {}, nil},
		{"an operator's file", func() { write(t, path("a.yaml"), "more") }, []string{"install a shared own+more"}},
		{"one that is wrong", func() { write(t, path("a.yaml"), "wrong") }, []string{"unreadable a"}},
		{"and is so still", func() {}, nil},
		{"it goes", func() { remove("a.yaml") }, []string{"install a shared own+"}},
		{"a module of its name goes before it, with its file as it is",
			func() { write(t, path("b.yaml"), "all"); write(t, path("b.wasm"), "1") }, []string{"install b 1 all"}},
		{"another file of the directory", func() { write(t, path("c.wasm"), "1") }, []string{"install c 1 "}},
		{"the module goes", func() { remove("b.wasm") }, []string{"install b shared own+all"}},
		{"and what has no embedded one", func() { remove("c.wasm") }, []string{"remove c"}},
	}
	for _, step := range steps {
		step.do()
		scan(t, d)
		if diff := cmp.Diff(step.want, r.take()); diff != "" {
			t.Errorf("%s: installer was asked (-want +got):\n%s", step.reason, diff)
		}
		if step.reason == steps[0].reason && reads != 1 {
			t.Errorf("the module of both was read %d times, want once", reads)
		}
	}
}

// TestEmbeddedWithoutDirectory has nowhere an operator's file could be.
func TestEmbeddedWithoutDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", "somebody's")
	r := newRecorder()
	d := New(Options{Installer: r, Logger: slog.New(slog.DiscardHandler), Embedded: Embedded{
		Module:  func() ([]byte, error) { return []byte("shared"), nil },
		Plugins: map[string]func([]byte) ([]byte, error){"a": func(operators []byte) ([]byte, error) { return operators, nil }},
	}})
	scan(t, d)
	if diff := cmp.Diff([]string{"install a shared "}, r.take()); diff != "" {
		t.Errorf("installer was asked (-want +got):\n%s", diff)
	}
}

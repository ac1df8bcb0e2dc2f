// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorder is an installer that notes what it is asked.
type recorder struct {
	mu    sync.Mutex
	calls []string
	told  chan struct{}
}

func newRecorder() *recorder { return &recorder{told: make(chan struct{}, 100)} }

func (r *recorder) note(format string, arguments ...any) {
	r.mu.Lock()
	r.calls = append(r.calls, fmt.Sprintf(format, arguments...))
	r.mu.Unlock()
	r.told <- struct{}{}
}

func (r *recorder) Install(_ context.Context, p Plugin) {
	r.note("install %s %s %s", p.Name, p.Module, p.Manifest)
}
func (r *recorder) Unreadable(name, _ string, _ error)    { r.note("unreadable %s", name) }
func (r *recorder) Remove(_ context.Context, name string) { r.note("remove %s", name) }

func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	r.calls = nil
	slices.Sort(calls)
	return calls
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestLargeFiles has files that would take more memory than any module needs.
func TestLargeFiles(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct {
		name string
		size int64
	}{{"large.wasm", maxModule}, {"verbose.yaml", maxManifest}} {
		path := filepath.Join(folder, c.name)
		write(t, path, "")
		if err := os.Truncate(path, c.size+1); err != nil { // takes no space
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(folder, "verbose.wasm"), "1")
	for name, want := range map[string]string{
		"large.wasm":   "large.wasm has more than 268435456 bytes",
		"verbose.wasm": "verbose.yaml has more than 1048576 bytes",
	} {
		s := fileSource(filepath.Join(folder, name))
		c, err := s.examine(seen{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.load(); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("load %s: %v, want an error that ends with %q", name, err, want)
		}
	}
}

// scan brings the installer up to date and waits until it is.
func scan(t *testing.T, d *Directory) {
	t.Helper()
	var working sync.WaitGroup
	if err := d.scan(t.Context(), &working); err != nil {
		t.Fatal(err)
	}
	for len(d.busy) > 0 {
		d.end(<-d.ended)
	}
	working.Wait()
}

// TestScan plays steps on a directory; after each one the installer must have
// heard exactly what changed.
func TestScan(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	r := newRecorder()
	d := New(Options{Path: folder, Installer: r, Logger: slog.New(slog.DiscardHandler)})
	steps := []struct {
		reason string
		do     func()
		want   []string
	}{
		{"an empty directory is fine", func() {}, nil},
		{"two modules come", func() { write(t, path("a.wasm"), "1"); write(t, path("b.wasm"), "1") },
			[]string{"install a 1 ", "install b 1 "}},
		{"nothing changed", func() {}, nil},
		{"other files and hidden ones are not modules",
			func() { write(t, path("README.md"), "x"); write(t, path(".a.wasm"), "x") }, nil},
		{"written in place", func() { write(t, path("a.wasm"), "22") }, []string{"install a 22 "}},
		{"renamed over", func() { write(t, path("tmp"), "333"); _ = os.Rename(path("tmp"), path("a.wasm")) },
			[]string{"install a 333 "}},
		{"an editor moves the old one away and writes a new one",
			func() { _ = os.Rename(path("a.wasm"), path("a.wasm~")); write(t, path("a.wasm"), "4444") },
			[]string{"install a 4444 "}},
		{"touched: same content", func() {
			_ = os.Remove(path("a.wasm"))
			write(t, path("a.wasm"), "4444")
		}, nil},
		{"settings come", func() { write(t, path("a.yaml"), "settings: {}") }, []string{"install a 4444 settings: {}"}},
		{"settings go", func() { _ = os.Remove(path("a.yaml")) }, []string{"install a 4444 "}},
		{"the manifest turns into a folder", func() { _ = os.Mkdir(path("a.yaml"), 0o700) }, []string{"unreadable a"}},
		{"and is one still", func() {}, nil},
		{"and goes again: nothing has changed, but what is wrong must be forgotten",
			func() { _ = os.Remove(path("a.yaml")) }, []string{"install a 4444 "}},
		{"a link to nowhere is a module that cannot be read",
			func() { _ = os.Symlink(path("nowhere"), path("c.wasm")) }, []string{"unreadable c"}},
		{"and goes", func() { _ = os.Remove(path("c.wasm")) }, []string{"remove c"}},
		{"a module goes", func() { _ = os.Remove(path("b.wasm")) }, []string{"remove b"}},
		{"and comes back", func() { write(t, path("b.wasm"), "1") }, []string{"install b 1 "}},
	}
	for _, step := range steps {
		step.do()
		scan(t, d)
		if diff := cmp.Diff(step.want, r.take()); diff != "" {
			t.Errorf("%s: installer was asked (-want +got):\n%s", step.reason, diff)
		}
	}
}

func TestOneNameForTwoFiles(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	write(t, filepath.Join(one, "a.wasm"), "1")
	write(t, filepath.Join(two, "a.wasm"), "2")
	r := newRecorder()
	var log strings.Builder
	d := New(Options{
		Path: one, Files: []string{filepath.Join(two, "a.wasm")}, Installer: r,
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	for range 2 {
		scan(t, d)
	}
	if got := r.take(); len(got) != 1 {
		t.Errorf("installer was asked %v, want one of the two files", got)
	}
	if got := strings.Count(log.String(), "is that of"); got != 1 {
		t.Errorf("the log says %d times that the name is taken, want once:\n%s", got, &log)
	}
}

func TestRunFollowsChanges(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "a.wasm"), "1")
	r := newRecorder()
	d := New(Options{Path: folder, Settle: 1, Installer: r, Logger: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	ready := make(chan struct{})
	go func() { done <- d.Run(ctx, func() { close(ready) }) }() // stopped by stop, waited for below
	<-ready
	<-r.told
	write(t, filepath.Join(folder, "tmp"), "2")
	if err := os.Rename(filepath.Join(folder, "tmp"), filepath.Join(folder, "a.wasm")); err != nil {
		t.Fatal(err)
	}
	<-r.told
	if diff := cmp.Diff([]string{"install a 1 ", "install a 2 "}, r.take()); diff != "" {
		t.Errorf("installer was asked (-want +got):\n%s", diff)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("Run returned %v after its context ended, want nil", err)
	}
}

// TestScanMisses: there is a reason to look again after a change only if somebody
// has looked during it. What cannot be read would be looked at without end.
func TestScanMisses(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "a.wasm"), "1")
	if err := os.Mkdir(filepath.Join(folder, "b.yaml"), 0o700); err != nil { // no manifest
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "b.wasm"), "1")
	d := New(Options{Path: folder, Installer: newRecorder(), Logger: slog.New(slog.DiscardHandler)})
	for range 2 {
		scan(t, d)
		if d.missed {
			t.Error("missed = true after a scan beside which nothing was changed")
		}
	}
	d.busy["a"] = true
	var working sync.WaitGroup
	if err := d.scan(t.Context(), &working); err != nil {
		t.Fatal(err)
	}
	if !d.missed {
		t.Error("missed = false after a scan that left out what was being changed")
	}
	d.end(<-d.ended) // of b
	working.Wait()
}

// TestMovedPlugin gives a plugin from one path to another.
func TestMovedPlugin(t *testing.T) {
	folder, other := t.TempDir(), filepath.Join(t.TempDir(), "a.wasm")
	write(t, filepath.Join(folder, "a.wasm"), "1")
	r := newRecorder()
	d := New(Options{Path: folder, Files: []string{other}, Installer: r, Logger: slog.New(slog.DiscardHandler)})
	scan(t, d)
	if err := os.Rename(filepath.Join(folder, "a.wasm"), other); err != nil {
		t.Fatal(err)
	}
	scan(t, d)
	scan(t, d)
	if diff := cmp.Diff([]string{"install a 1 ", "install a 1 "}, r.take()); diff != "" {
		t.Errorf("installer was asked (-want +got):\n%s", diff)
	}
}

// slowly is a recorder that takes its time with one plugin.
type slowly struct {
	*recorder
	name    string
	begun   chan struct{} // gets an entry for each of its installations
	proceed chan struct{} // takes one
}

func (s *slowly) Install(ctx context.Context, p Plugin) {
	if p.Name == s.name {
		s.begun <- struct{}{}
		<-s.proceed
	}
	s.recorder.Install(ctx, p)
}

// TestSlowInstall holds up one plugin: the others are installed meanwhile, and
// it gets its newest content afterwards, once.
func TestSlowInstall(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	write(t, path("slow.wasm"), "1")
	s := &slowly{recorder: newRecorder(), name: "slow", begun: make(chan struct{}), proceed: make(chan struct{})}
	d := New(Options{Path: folder, Settle: 1, Installer: s, Logger: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(t.Context())
	done, ready := make(chan error), make(chan struct{})
	go func() { done <- d.Run(ctx, func() { close(ready) }) }() // stopped by stop, waited for below
	<-s.begun
	for _, content := range []string{"2", "3"} {
		write(t, path("tmp"), content)
		if err := os.Rename(path("tmp"), path("slow.wasm")); err != nil {
			t.Fatal(err)
		}
	}
	write(t, path("tmp"), "1")
	if err := os.Rename(path("tmp"), path("other.wasm")); err != nil {
		t.Fatal(err)
	}
	<-s.told
	if diff := cmp.Diff([]string{"install other 1 "}, s.take()); diff != "" {
		t.Errorf("installer was asked beside the slow plugin (-want +got):\n%s", diff)
	}
	select {
	case <-ready:
		t.Error("Run is ready before the first plugin is installed")
	default:
	}
	s.proceed <- struct{}{}
	<-ready
	<-s.begun
	s.proceed <- struct{}{}
	<-s.told
	<-s.told
	stop()
	if err := <-done; err != nil {
		t.Errorf("Run returned %v after its context ended, want nil", err)
	}
	if diff := cmp.Diff([]string{"install slow 1 ", "install slow 3 "}, s.take()); diff != "" {
		t.Errorf("installer was asked (-want +got):\n%s", diff)
	}
}

// TestReadInTurn: the files of a plugin are read when it is its turn, not before:
// what they hold then is installed, once.
func TestReadInTurn(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	write(t, path("a.wasm"), "1")
	write(t, path("b.wasm"), "1")
	r := newRecorder()
	d := New(Options{Path: folder, Installer: r, Logger: slog.New(slog.DiscardHandler)})
	d.slots = make(chan struct{}, 1)
	d.slots <- struct{}{} // somebody else's turn
	var working sync.WaitGroup
	if err := d.scan(t.Context(), &working); err != nil {
		t.Fatal(err)
	}
	write(t, path("a.wasm"), "22")
	if err := os.Remove(path("b.wasm")); err != nil {
		t.Fatal(err)
	}
	<-d.slots
	for range 2 {
		d.end(<-d.ended)
	}
	working.Wait()
	got := r.take()
	slices.Sort(got)
	if diff := cmp.Diff([]string{"install a 22 ", "unreadable b"}, got); diff != "" {
		t.Errorf("installer was asked (-want +got):\n%s", diff)
	}
	scan(t, d)
	if diff := cmp.Diff([]string{"remove b"}, r.take()); diff != "" {
		t.Errorf("installer was asked later (-want +got):\n%s", diff)
	}
}

func TestRunNamesTheDirectoryThatIsMissing(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "nowhere")
	d := New(Options{Path: missing, Installer: newRecorder(), Logger: slog.New(slog.DiscardHandler)})
	err := d.Run(t.Context(), func() {})
	if err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("Run with directory %s: got error %v, want one that names it", missing, err)
	}
}

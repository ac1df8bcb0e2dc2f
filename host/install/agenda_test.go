// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// TestAgenda plays events, one per millisecond; the last column is when the
// files are looked at.
func TestAgenda(t *testing.T) {
	const settle = 100 * time.Millisecond
	folder := t.TempDir()
	write(t, filepath.Join(folder, "a.wasm"), "1")
	write(t, filepath.Join(folder, "a.yaml"), "1")
	write(t, filepath.Join(folder, "empty.wasm"), "")
	type events []fsnotify.Event
	event := func(name string, op fsnotify.Op) fsnotify.Event {
		return fsnotify.Event{Name: filepath.Join(folder, name), Op: op}
	}
	for _, test := range []struct {
		reason string
		events events
		want   time.Duration // after the first event
	}{
		{"nothing", nil, time.Hour},
		{"a file whose mode changed is what it was", events{event("a.wasm", fsnotify.Chmod)}, time.Hour},
		{"renamed into its place", events{event("a.wasm", fsnotify.Create)}, promptly},
		{"two that come together", events{event("a.yaml", fsnotify.Create), event("a.wasm", fsnotify.Create)}, promptly},
		{"written beside it before, under another name",
			events{event("a.wasm.new", fsnotify.Create), event("a.wasm.new", fsnotify.Write), event("a.wasm.new", fsnotify.Rename), event("a.wasm", fsnotify.Create)},
			promptly + 3*time.Millisecond},
		{"written in place", events{event("a.wasm", fsnotify.Write), event("a.wasm", fsnotify.Write)}, settle + time.Millisecond},
		{"made and written", events{event("a.wasm", fsnotify.Create), event("a.wasm", fsnotify.Write)}, settle + time.Millisecond},
		{"made and not yet written", events{event("empty.wasm", fsnotify.Create)}, settle},
		{"one comes while another one is written",
			events{event("a.yaml", fsnotify.Write), event("a.wasm", fsnotify.Create)}, settle},
		{"moved away by an editor, which writes it anew", events{event("a.wasm", fsnotify.Rename)}, settle},
		{"removed", events{event("a.wasm", fsnotify.Remove)}, settle},
		{"the link of a ConfigMap volume", events{event("..data", fsnotify.Create)}, settle},
		{"a hidden file", events{event(".a.wasm", fsnotify.Create)}, settle},
	} {
		began := time.Now()
		a := agenda{settle: settle}
		a.within(began, time.Hour)
		for i, e := range test.events {
			a.note(began.Add(time.Duration(i)*time.Millisecond), e)
		}
		if got := a.due.Sub(began); got != test.want {
			t.Errorf("%s: files are looked at after %v, want %v", test.reason, got, test.want)
		}
	}
}

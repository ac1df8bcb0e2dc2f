// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Options configures a [Directory].
type Options struct {
	Path  string   // the plugin directory; empty: none
	Files []string // modules given one by one
	// Settle is how long the files must be quiet before they are read, so
	// that a write in place is whole. Zero: 100 ms.
	Settle time.Duration
	// Rescan is how often to look without being told, for file systems that
	// tell nothing. Zero: 30 s.
	Rescan    time.Duration
	Installer Installer
	Logger    *slog.Logger
}

// Directory keeps an [Installer] up to date with the files of plugins.
type Directory struct {
	Options
	known    map[string]seen   // by path; owned by Run
	problems map[string]string // last message by path, so that each is said once; owned by Run
}

// New returns a directory that follows nothing before [Directory.Run].
func New(o Options) *Directory {
	if o.Settle == 0 {
		o.Settle = 100 * time.Millisecond
	}
	if o.Rescan == 0 {
		o.Rescan = 30 * time.Second
	}
	return &Directory{Options: o, known: map[string]seen{}, problems: map[string]string{}}
}

// Run installs what is there, calls ready once that is done, and follows
// changes until ctx is done. It fails if the plugin directory cannot be read
// at the start; later it waits for it to come back.
func (d *Directory) Run(ctx context.Context, ready func()) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch plugin files: %w", err)
	}
	defer func() { _ = watcher.Close() }()
	for folder := range d.folders() {
		if err := watcher.Add(folder); err != nil {
			return fmt.Errorf("watch plugin files in %s: %w", folder, err)
		}
	}
	if err := d.scan(ctx); err != nil {
		return err
	}
	ready()
	return d.follow(ctx, watcher)
}

// folders returns every folder in which a file of a plugin may change.
func (d *Directory) folders() map[string]bool {
	folders := map[string]bool{}
	if d.Path != "" {
		folders[d.Path] = true
	}
	for _, file := range d.Files {
		folders[filepath.Dir(file)] = true
	}
	return folders
}

// follow scans whenever the files have been quiet for a while after a change.
func (d *Directory) follow(ctx context.Context, watcher *fsnotify.Watcher) error {
	quiet := time.NewTimer(d.Rescan)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, open := <-watcher.Events:
			if !open {
				return nil
			}
			if event.Op != fsnotify.Chmod {
				quiet.Reset(d.Settle)
			}
		case err := <-watcher.Errors:
			d.Logger.Warn("Watching plugin files lost events, looking at all of them", "error", err)
			quiet.Reset(d.Settle)
		case <-quiet.C:
			if err := d.scan(ctx); err != nil {
				d.report(d.Path, err)
			}
			quiet.Reset(d.Rescan)
		}
	}
}

// scan brings the installer up to date.
func (d *Directory) scan(ctx context.Context) error {
	paths, err := find(d.Path, d.Files)
	if err != nil {
		return err
	}
	d.apply(ctx, d.changes(paths))
	return nil
}

// changes returns what is to do, given the modules that are there now.
func (d *Directory) changes(paths []string) []change {
	var changes []change
	present := map[string]bool{}
	owner := map[string]string{} // the path that gives a plugin its name
	for _, path := range paths {
		if first, taken := owner[nameOf(path)]; taken {
			d.report(path, fmt.Errorf("the plugin %s is that of %s already", nameOf(path), first))
			continue
		}
		owner[nameOf(path)] = path
		present[path] = true
		before := d.known[path]
		c, err := examine(path, before)
		if err != nil {
			before.name, before.unreadable = nameOf(path), true
			d.known[path] = before
			if d.isNews(path, err) {
				d.Installer.Unreadable(before.name, path, err)
			}
			continue
		}
		delete(d.problems, path)
		if c != nil {
			changes = append(changes, *c)
		}
	}
	for path, s := range d.known {
		if !present[path] {
			delete(d.problems, path)
			changes = append(changes, change{path: path, seen: s, remove: true})
		}
	}
	return changes
}

// apply hands the changes to the installer, several at once because each may
// compile a module for seconds, and waits for all.
func (d *Directory) apply(ctx context.Context, changes []change) {
	var wait sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, c := range changes {
		if c.remove {
			delete(d.known, c.path)
		} else {
			d.known[c.path] = c.seen
		}
		if c.touch {
			continue
		}
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			if c.remove {
				d.Installer.Remove(ctx, c.seen.name)
				return
			}
			d.Installer.Install(ctx, c.plugin)
		})
	}
	wait.Wait()
}

// report logs a problem with a path once, not at every scan.
func (d *Directory) report(path string, err error) {
	if d.isNews(path, err) {
		d.Logger.Error("Plugin file cannot be read", "path", path, "error", err)
	}
}

func (d *Directory) isNews(path string, err error) bool {
	news := d.problems[path] != err.Error()
	d.problems[path] = err.Error()
	return news
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
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
	// Embedded are plugins that are there without a file of their own.
	Embedded Embedded
	// Settle is how long files must be quiet before they are read, so that a
	// write in place is whole. One that is renamed into its place is read at
	// once. Zero: 100 ms.
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
	slots chan struct{} // holds a token per change that the installer works on
	ended chan ended    // gets each change that is done

	// Owned by Run.
	known    map[string]seen   // by path
	problems map[string]string // last message by path, so that each is said once
	busy     map[string]bool   // names of plugins that are being changed
	missed   bool              // the last scan has left out plugins that were being changed
}

// atOnce is how many changes the installer works on: more than modules are
// compiled at once, so that those that take long do not hold up the others.
func atOnce() int { return max(16, runtime.GOMAXPROCS(0)) }

// New returns a directory that follows nothing before [Directory.Run].
func New(o Options) *Directory {
	if o.Settle == 0 {
		o.Settle = 100 * time.Millisecond
	}
	if o.Rescan == 0 {
		o.Rescan = 30 * time.Second
	}
	return &Directory{
		Options: o, slots: make(chan struct{}, atOnce()), ended: make(chan ended),
		known: map[string]seen{}, problems: map[string]string{}, busy: map[string]bool{},
	}
}

// Run installs what is there, calls ready once that is done, and follows
// changes until ctx is done. A plugin that takes long to install holds up
// nothing but its own next change. Run fails if the plugin directory cannot be read
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
	var working sync.WaitGroup
	defer working.Wait()
	if err := d.scan(ctx, &working); err != nil {
		return err
	}
	d.follow(ctx, watcher, &working, ready)
	return nil
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

// follow scans soon after a change of the files, see [agenda], and when a change
// is done of a plugin that the last scan has left out. It calls ready when
// everything is done that is under way at first.
func (d *Directory) follow(ctx context.Context, watcher *fsnotify.Watcher, working *sync.WaitGroup, ready func()) {
	look := time.NewTimer(0)
	defer look.Stop()
	progress := newProgress(d.Logger, len(d.busy))
	defer progress.ticker.Stop()
	next := agenda{settle: d.Settle}
	next.within(time.Now(), d.Rescan)
	first := maps.Clone(d.busy)
	for {
		if first != nil && len(first) == 0 {
			first = nil
			progress.end()
			ready()
		}
		look.Reset(time.Until(next.due))
		select {
		case <-ctx.Done():
			return
		case event, open := <-watcher.Events:
			if !open {
				return
			}
			next.note(time.Now(), event)
		case err := <-watcher.Errors:
			d.Logger.Warn("Watching plugin files lost events, looking at all of them", "error", err)
			next.within(time.Now(), d.Settle)
		case <-progress.ticker.C:
			progress.tell(len(first))
		case e := <-d.ended:
			d.end(e)
			delete(first, e.now.name)
			if d.missed {
				next.within(time.Now(), d.Settle) // and not at once: the new version has work to do
			}
		case <-look.C:
			if err := d.scan(ctx, working); err != nil {
				d.report(d.Path, err)
			}
			next = agenda{settle: d.Settle}
			next.within(time.Now(), d.Rescan)
		}
	}
}

// apply hands the changes to the installer, several at once because each may
// compile a module for seconds.
func (d *Directory) apply(ctx context.Context, changes []change, working *sync.WaitGroup) {
	for _, c := range changes {
		d.busy[c.now.name] = true
		working.Go(func() { // Run waits
			d.slots <- struct{}{}
			err := d.make(ctx, &c)
			<-d.slots
			select {
			case d.ended <- ended{c, err}:
			case <-ctx.Done():
			}
		})
	}
}

// make makes the change. The error says why the files cannot be read.
func (d *Directory) make(ctx context.Context, c *change) error {
	if c.remove {
		d.Installer.Remove(ctx, c.now.name)
		return nil
	}
	p, err := c.load()
	if err == nil && !c.touched() {
		d.Installer.Install(ctx, p)
	}
	return err
}

// ended is a change that is done, or could not be made.
type ended struct {
	change
	err error
}

// end takes note of it.
func (d *Directory) end(e ended) {
	delete(d.busy, e.now.name)
	if e.err != nil {
		d.unreadable(&e.source, e.before, e.err)
		return
	}
	delete(d.problems, e.path)
	if e.remove {
		delete(d.known, e.path)
		return
	}
	d.known[e.path] = e.now
}

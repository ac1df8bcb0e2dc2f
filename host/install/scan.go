// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"context"
	"fmt"
	"sync"
)

// scan begins to bring the installer up to date, with plugins that are not
// being changed already.
func (d *Directory) scan(ctx context.Context, working *sync.WaitGroup) error {
	paths, err := find(d.Path, d.Files)
	if err != nil {
		return err
	}
	d.missed = len(d.busy) > 0
	d.apply(ctx, d.changes(d.sources(paths)), working)
	return nil
}

// changes returns what is to do, given the modules that are there now.
func (d *Directory) changes(sources []source) []change {
	var changes []change
	present := map[string]bool{}
	owner := map[string]string{} // the path that gives a plugin its name
	for _, s := range sources {
		path, name := s.key(), nameOf(s.path)
		if first, taken := owner[name]; taken {
			if !s.embedded {
				d.report(path, fmt.Errorf("the plugin %s is that of %s already", name, first))
			}
			continue
		}
		owner[name] = path
		present[path] = true
		if d.busy[name] {
			continue
		}
		before := d.known[path]
		c, err := s.examine(before)
		if err != nil {
			d.unreadable(&s, before, err)
			continue
		}
		if c != nil {
			changes = append(changes, *c)
		}
	}
	for path, s := range d.known {
		if present[path] || d.busy[s.name] {
			continue
		}
		if owner[s.name] != "" { // has another path now
			delete(d.problems, path)
			delete(d.known, path)
			continue
		}
		changes = append(changes, change{path: path, now: s, remove: true})
	}
	return changes
}

// unreadable takes note of a source that cannot be read, and tells the installer
// when it is news.
func (d *Directory) unreadable(s *source, before seen, err error) {
	path := s.key()
	before.name, before.unreadable = nameOf(s.path), true
	d.known[path] = before
	if d.isNews(path, err) {
		d.Installer.Unreadable(before.name, s.path, err)
	}
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

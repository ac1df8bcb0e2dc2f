// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package install finds the files of plugins and follows their changes.
//
// A plugin is one file NAME.wasm in the plugin directory, or given by itself,
// with an optional NAME.yaml beside it; or it is embedded in the program, which
// NAME.yaml in the plugin directory changes, and NAME.wasm replaces. The package is level-based: whatever
// the events of the file system say, it compares what is there with what it
// last handed on, so a rename over the file, a write in place, an editor's
// dance of backup files and the symbolic links of a ConfigMap volume all end
// the same way. It neither reads modules nor knows what installing means.
package install

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Extension is that of a module's file.
const Extension = ".wasm"

// manifestExtension is that of the operator's file beside it.
const manifestExtension = ".yaml"

// Plugin is what the files of one plugin hold.
type Plugin struct {
	Name     string // the file's name without its extension
	Path     string // of the module
	Module   []byte
	Manifest []byte // the content of NAME.yaml, or what is made of it; nil if there is none
}

// ManifestPath is where the operator's file is, or would be: beside the module.
func (p *Plugin) ManifestPath() string {
	return strings.TrimSuffix(p.Path, Extension) + manifestExtension
}

// Installer takes plugins in use. [Directory] calls it for several plugins at
// once, but never twice at once for one name.
type Installer interface {
	// Install starts a plugin, or replaces the one of that name. When it
	// fails, what ran before runs on; it has reported the failure itself.
	Install(ctx context.Context, p Plugin)
	// Unreadable says that a plugin's files are there but cannot be read. What
	// ran before runs on. Install follows when they can be read again, even if
	// nothing has changed.
	Unreadable(name, path string, err error)
	// Remove stops a plugin and forgets it.
	Remove(ctx context.Context, name string)
}

// stamp tells whether a file may have changed without reading it. A file that
// was written only just before it was looked at can be written again without
// a new time of modification, whose clock ticks in milliseconds: such a stamp
// is fresh, and equal to no other.
type stamp struct {
	modified time.Time
	size     int64
	fresh    bool
}

// freshness is far above the tick of any file system's clock.
const freshness = time.Second

func (s stamp) same(t stamp) bool { return s == t && !s.fresh }

// seen is what was last handed to the installer for one path.
type seen struct {
	name             string
	module, manifest stamp
	content          [sha256.Size]byte
	unreadable       bool // by now, which the installer knows
}

// change is one step that brings the installer up to date. What the files hold is
// read when the installer has time for it: a directory may have gigabytes of
// modules.
type change struct {
	path   string
	source source // of no meaning if it is gone
	before seen
	now    seen // after load
	remove bool
}

// find returns the paths of the modules that are there now: the files given
// one by one that exist, and those of the directory.
func find(directory string, files []string) ([]string, error) {
	var paths []string
	for _, file := range files {
		if _, err := os.Stat(file); err == nil {
			paths = append(paths, file)
		}
	}
	if directory == "" {
		return paths, nil
	}
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, fmt.Errorf("plugin directory: %w", err)
	}
	for _, entry := range entries {
		hidden := strings.HasPrefix(entry.Name(), ".")
		if !entry.IsDir() && !hidden && filepath.Ext(entry.Name()) == Extension {
			paths = append(paths, filepath.Join(directory, entry.Name()))
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// source is where one plugin comes from.
type source struct {
	path      string // of the module, or where it would be
	operators string // path of the operator's file, whether it is there or not; empty: there can be none
	embedded  bool
	module    func() ([]byte, error)
	manifest  func(operators []byte) ([]byte, error) // nil: as it is
}

func fileSource(path string) source {
	return source{
		path: path, operators: (&Plugin{Path: path}).ManifestPath(),
		module: func() ([]byte, error) { return read(path, maxModule) },
	}
}

// key identifies a source among all.
func (s *source) key() string {
	if s.embedded {
		return "embedded " + s.path
	}
	return s.path
}

// examine compares a source with what was handed on of it before, the zero
// value if it is new. It returns nil if nothing can have changed.
func (s *source) examine(before seen) (*change, error) {
	now := seen{name: nameOf(s.path)}
	var err error
	if !s.embedded {
		if now.module, err = stampOf(s.path); err != nil {
			return nil, err
		}
	}
	if now.manifest, err = stampOf(s.operators); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if !before.isNew() && now.module.same(before.module) && now.manifest.same(before.manifest) {
		return nil, nil
	}
	return &change{path: s.key(), source: *s, before: before, now: now}, nil
}

// isNew reports whether the installer has nothing that the path holds.
func (s *seen) isNew() bool { return s.name == "" || s.unreadable }

// load reads the files.
func (c *change) load() (p Plugin, err error) {
	s := &c.source
	p = Plugin{Name: c.now.name, Path: s.path}
	if p.Module, err = s.module(); err != nil {
		return p, err
	}
	if p.Manifest, err = read(s.operators, maxManifest); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return p, err
	}
	if s.manifest != nil {
		if p.Manifest, err = s.manifest(p.Manifest); err != nil {
			return p, fmt.Errorf("%s: %w", s.operators, err)
		}
	}
	c.now.content = contentOf(p)
	return p, nil
}

// touched reports whether the files that were loaded are new, and their content
// is not.
func (c *change) touched() bool { return !c.before.isNew() && c.now.content == c.before.content }

// What is read of a file. What a module may have is decided where it is
// compiled; this is for files that would fill the memory before.
const (
	maxModule   = 256 << 20
	maxManifest = 1 << 20
)

// read reads a file that has a limited number of bytes.
func read(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	var content bytes.Buffer
	if info, err := file.Stat(); err == nil && info.Size() <= most {
		content.Grow(int(info.Size()) + bytes.MinRead) // so much that it need not grow
	}
	if _, err = content.ReadFrom(io.LimitReader(file, most+1)); int64(content.Len()) > most {
		return nil, fmt.Errorf("%s has more than %d bytes", path, most)
	}
	return content.Bytes(), err
}

// nameOf is the name of the plugin whose module the path is.
func nameOf(path string) string { return strings.TrimSuffix(filepath.Base(path), Extension) }

func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, err
	}
	return stamp{modified: info.ModTime(), size: info.Size(), fresh: time.Since(info.ModTime()) < freshness}, nil
}

func contentOf(p Plugin) [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%d %t ", len(p.Module), p.Manifest != nil)
	h.Write(p.Module)
	h.Write(p.Manifest)
	return [sha256.Size]byte(h.Sum(nil))
}

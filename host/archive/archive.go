// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package archive keeps the last good version of each plugin in files, and
// remembers which version was left because it trapped, so that a host can go
// back, also after a restart.
//
// It knows neither what good means nor how a module is run. Hosts that follow
// the same files may share a directory: files are replaced as a whole, and a
// module is trusted only if its bytes have the digest that it is filed under.
// A [Shelf] is not safe for concurrent use.
package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/host/module"
)

// ErrEmpty says that no version of the plugin has been good yet.
var ErrEmpty = errors.New("no version was good before")

// Shelf is the place of one plugin.
type Shelf struct {
	directory string // of all shelves
	folder    string
}

// Open returns the shelf of a plugin in a directory, by its name and the path
// of its module: plugins of one name may be different ones on different hosts.
// Nothing is read or made before it is used.
func Open(directory, name, path string) *Shelf {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	sum := sha256.Sum256([]byte(path))
	return &Shelf{directory: directory, folder: filepath.Join(directory, name+"-"+hex.EncodeToString(sum[:8]))}
}

// Version is what a version of a plugin is made of, but for what the operator
// allows it, which is not the past's to say.
type Version struct {
	Module      module.Digest   `json:"module"`
	Controllers []string        `json:"controllers,omitempty"` // of a module with several
	Settings    json.RawMessage `json:"settings,omitempty"`
}

// Left is a version that was left. It is identified by the files as they were.
type Left struct {
	Module   module.Digest     `json:"module"`
	Manifest [sha256.Size]byte `json:"manifest"` // of NAME.yaml
	Because  string            `json:"because"`
	At       time.Time         `json:"at"`
}

// state is the content of the file beside the modules.
type state struct {
	Good *Version `json:"good,omitempty"`
	Left *Left    `json:"left,omitempty"`
}

// Store keeps the bytes of a module, which have the digest, for the case that
// it becomes the good one, and drops all others but the good one's. Plugins that
// have a module in common have one file of it.
func (s *Shelf) Store(digest module.Digest, wasm []byte) error {
	was, err := s.read()
	if err != nil {
		return err
	}
	if _, err := os.Stat(s.file(digest)); err != nil && !s.link(digest) {
		if err := s.write(s.file(digest), wasm); err != nil {
			return fmt.Errorf("keep module: %w", err)
		}
	}
	if was.Good != nil {
		return s.drop(digest, was.Good.Module)
	}
	return s.drop(digest)
}

// link has the file of a module in common with another plugin, if there is one
// that has it. Files are replaced as a whole, and never changed.
func (s *Shelf) link(d module.Digest) bool {
	plugins, err := os.ReadDir(s.directory)
	if err != nil || os.MkdirAll(s.folder, 0o700) != nil {
		return false
	}
	return slices.ContainsFunc(plugins, func(other fs.DirEntry) bool {
		return os.Link(filepath.Join(s.directory, other.Name(), nameOf(d)), s.file(d)) == nil
	})
}

// SetGood makes a version the good one, whose module must have been stored.
func (s *Shelf) SetGood(v Version) error {
	was, err := s.read()
	if err != nil {
		return err
	}
	was.Good = &v
	if err := s.save(was); err != nil {
		return err
	}
	return s.drop(v.Module)
}

// Good returns the last good version, or [ErrEmpty].
func (s *Shelf) Good() (Version, error) {
	was, err := s.read()
	if err != nil {
		return Version{}, err
	}
	if was.Good == nil {
		return Version{}, ErrEmpty
	}
	return *was.Good, nil
}

// Module returns the bytes of a module that is kept.
func (s *Shelf) Module(d module.Digest) ([]byte, error) {
	wasm, err := readModule(s.file(d), d)
	if err != nil {
		return nil, fmt.Errorf("kept module: %w", err)
	}
	return wasm, nil
}

func readModule(file string, d module.Digest) ([]byte, error) {
	wasm, err := os.ReadFile(file)
	if err == nil && module.DigestOf(wasm) != d {
		return nil, fmt.Errorf("%s has other bytes than its name says", file)
	}
	return wasm, err
}

// Find returns the bytes of a module that some plugin has on its shelf.
func Find(directory string, d module.Digest) ([]byte, error) {
	files, err := filepath.Glob(filepath.Join(directory, "*", nameOf(d)))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no plugin in %s has it: %w", directory, fs.ErrNotExist)
	}
	for _, file := range files {
		var wasm []byte
		if wasm, err = readModule(file, d); err == nil {
			return wasm, nil
		}
	}
	return nil, fmt.Errorf("kept module: %w", err)
}

// SetLeft remembers the version that was left; nil forgets it.
func (s *Shelf) SetLeft(l *Left) error {
	was, err := s.read()
	if err != nil || l == nil && was.Left == nil {
		return err
	}
	was.Left = l
	return s.save(was)
}

// Left returns the version that was left, nil if there is none.
func (s *Shelf) Left() (*Left, error) {
	was, err := s.read()
	return was.Left, err
}

// Clear forgets everything.
func (s *Shelf) Clear() error { return os.RemoveAll(s.folder) }

func (s *Shelf) file(d module.Digest) string { return filepath.Join(s.folder, nameOf(d)) }

// nameOf is the name of a module's file: the digits of its digest.
func nameOf(d module.Digest) string { return strings.TrimPrefix(string(d), "sha256:") + ".wasm" }

func (s *Shelf) stateFile() string { return filepath.Join(s.folder, "state.json") }

// read returns what is remembered.
func (s *Shelf) read() (state, error) {
	text, err := os.ReadFile(s.stateFile())
	if err == nil {
		return decode(text), nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return state{}, nil
	}
	return state{}, fmt.Errorf("last good version: %w", err)
}

// decode takes a file that is damaged for an empty one: all that is lost is a
// way back.
func decode(text []byte) (was state) {
	if json.Unmarshal(text, &was) != nil || was.Good != nil && !filepath.IsLocal(nameOf(was.Good.Module)) {
		return state{}
	}
	return was
}

func (s *Shelf) save(is state) error {
	text, err := json.Marshal(is)
	if err == nil {
		err = s.write(s.stateFile(), text)
	}
	if err != nil {
		return fmt.Errorf("keep last good version: %w", err)
	}
	return nil
}

// write replaces a file as a whole.
func (s *Shelf) write(path string, content []byte) error {
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(s.folder, ".new-")
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(file.Name()))
	}
	return err
}

// drop removes all modules but some.
func (s *Shelf) drop(except ...module.Digest) error {
	entries, err := os.ReadDir(s.folder)
	for _, entry := range entries {
		kept := slices.ContainsFunc(except, func(d module.Digest) bool { return nameOf(d) == entry.Name() })
		if !kept && filepath.Ext(entry.Name()) == ".wasm" {
			err = errors.Join(err, os.Remove(filepath.Join(s.folder, entry.Name())))
		}
	}
	return err
}

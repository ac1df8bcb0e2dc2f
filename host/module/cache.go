// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/host/meter"
)

// cache is a directory of modules that are ready to run:
//
//	modules/DIGEST-VERSIONS  an entry: the rewritten module, hollow, its data, and what its code must be
//	wazero-…/KEY             that code, named and written by wazero
//	stage/RANDOM             what a compilation writes until it is complete; files on their way to have no name
//
// Everything gets its place by a rename, so processes may share a cache, and
// what is there was complete once. What became of it since is found out by its
// sums when it is loaded. Whoever can write there could also make sums; so
// nobody else may.
type cache struct {
	dir       string
	temporary bool // removed by close
}

const (
	modulesDir = "modules"
	stageDir   = "stage"
)

// stageAge is after how long a stage has been left behind by a process that
// died; no compilation may take so long.
const stageAge = 24 * time.Hour

// openCache makes a directory if it does not exist, and checks that it can be
// written, by nobody but this user and root.
func openCache(dir string) (*cache, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if err := ownedAlone(info); err != nil {
		return nil, fmt.Errorf("%s %w", dir, err)
	}
	c := &cache{dir: dir}
	for _, sub := range []string{modulesDir, stageDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	stage, err := c.stage()
	if err != nil {
		return nil, err
	}
	return c, errors.Join(os.Remove(stage), c.sweep())
}

// temporaryCache makes a cache for this process alone.
func temporaryCache() (*cache, error) {
	dir, err := os.MkdirTemp("", "wcm-modules-")
	if err != nil {
		return nil, err
	}
	c, err := openCache(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	c.temporary = true
	return c, nil
}

func (c *cache) close() error {
	if !c.temporary {
		return nil
	}
	return os.RemoveAll(c.dir)
}

// stage makes a directory that a compilation may fill. Its caller removes it.
func (c *cache) stage() (string, error) {
	return os.MkdirTemp(filepath.Join(c.dir, stageDir), "")
}

// sweep removes the stages of processes that died.
func (c *cache) sweep() error {
	stages, err := os.ReadDir(filepath.Join(c.dir, stageDir))
	if err != nil {
		return err
	}
	for _, s := range stages {
		info, err := s.Info()
		if err == nil && time.Since(info.ModTime()) > stageAge {
			_ = os.RemoveAll(filepath.Join(c.dir, stageDir, s.Name())) // another process may be faster
		}
	}
	return nil
}

// entry returns where the entry of a digest is.
func (c *cache) entry(d Digest) string {
	_, digits, _ := strings.Cut(string(d), ":")
	return filepath.Join(c.dir, modulesDir, fmt.Sprintf("%s-%d.%d", digits, entryForm, meter.Version))
}

// publish moves what a compilation has left in its stage to where it is found.
func (c *cache) publish(stage string, d Digest) error {
	s, _, err := readEntry(filepath.Join(stage, entryFile))
	if err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(stage, s.Name), filepath.Join(c.dir, s.Name)); err != nil {
		return err
	}
	return os.Rename(filepath.Join(stage, entryFile), c.entry(d))
}

// find returns the rewritten module of a digest, if it is there and its code
// as well, both whole. The error is [fs.ErrNotExist] if there is no entry,
// else why it cannot be used.
func (c *cache) find(d Digest) (rewritten, error) {
	s, r, err := readEntry(c.entry(d))
	if err != nil {
		return r, err
	}
	code, err := sumOfFile(filepath.Join(c.dir, s.Name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r, errors.New("its code is gone") // and not the entry
	case err != nil:
		return r, err
	case code != s.Code:
		return r, errors.New("its code has changed")
	}
	return r, nil
}

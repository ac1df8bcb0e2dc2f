// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !(linux || darwin || freebsd || netbsd || openbsd)

package bootstrap

import "errors"

// ErrLocked says that another process holds the lock.
var ErrLocked = errors.New("locked by another process")

var errNoLock = errors.New("a local control plane needs a Unix system: Linux or macOS")

// A Lock cannot be had on this system.
type Lock struct{}

// TryLock always fails here.
func TryLock(string) (*Lock, error) { return nil, errNoLock }

// WaitLock always fails here.
func WaitLock(string) (*Lock, error) { return nil, errNoLock }

// Write has nothing to write to.
func (l *Lock) Write([]byte) error { return errNoLock }

// Release has nothing to release.
func (l *Lock) Release() error { return nil }

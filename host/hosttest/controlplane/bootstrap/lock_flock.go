// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd || netbsd || openbsd

package bootstrap

import (
	"errors"
	"os"
	"syscall"
)

// ErrLocked says that another process holds the lock.
var ErrLocked = errors.New("locked by another process")

// A Lock is held by at most one process; the system releases it when the
// process ends, however it ends.
type Lock struct{ file *os.File }

// TryLock takes the lock of a file, or fails with [ErrLocked]. The file is
// created if need be and its content is left alone.
func TryLock(name string) (*Lock, error) {
	lock, err := flock(name, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, ErrLocked
	}
	return lock, err
}

// WaitLock takes the lock of a file as soon as it is free.
func WaitLock(name string) (*Lock, error) {
	return flock(name, syscall.LOCK_EX)
}

// Write replaces the content of the locked file.
func (l *Lock) Write(content []byte) error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt(content, 0)
	return err
}

// Release gives the lock back. The file stays, for removing it would let two
// processes lock two files of one name.
func (l *Lock) Release() error { return l.file.Close() }

func flock(name string, how int) (*Lock, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &Lock{file: file}, nil
}

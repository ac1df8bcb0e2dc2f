// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// backByFile replaces the mapping of code by one of a file with the same
// content, of which the system reads what runs, and may drop what does not. The
// file has no name, so nobody can shorten it, and goes with the mapping. Code
// may run meanwhile: the kernel replaces a mapping in one step.
func backByFile(code []byte, dir string) (err error) {
	file, err := os.CreateTemp(dir, "code-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }() // the mapping stays
	if err := os.Remove(file.Name()); err != nil {
		return err
	}
	if _, err := file.Write(code); err != nil {
		return err
	}
	if err := file.Sync(); err != nil { // later nobody could be told that the disk has lost it
		return err
	}
	_, err = unix.MmapPtr(int(file.Fd()), 0, unsafe.Pointer(&code[0]), uintptr(len(code)),
		unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_FIXED)
	return err
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// shared are bytes in a file without a name that nobody can change any more.
type shared struct {
	file *os.File
	size int
}

// share copies bytes into such a file.
func share(data []byte) (*shared, error) {
	fd, err := unix.MemfdCreate("wcm-image", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, err
	}
	s := &shared{file: os.NewFile(uintptr(fd), "wcm-image"), size: len(data)}
	if _, err = s.file.Write(data); err == nil {
		const forGood = unix.F_SEAL_WRITE | unix.F_SEAL_GROW | unix.F_SEAL_SHRINK | unix.F_SEAL_SEAL
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, forGood)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// place maps the bytes to the beginning of the memory. Pages that are written
// are copied first, so no instance sees what another one writes.
func (s *shared) place(memory []byte) error {
	_, err := unix.MmapPtr(int(s.file.Fd()), 0, unsafe.Pointer(&memory[0]), uintptr(s.size),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED|unix.MAP_NORESERVE)
	return err
}

func (s *shared) close() error { return s.file.Close() }

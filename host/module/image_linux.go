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

// share copies bytes into such a file, one part behind the other.
func share(parts ...[]byte) (*shared, error) {
	fd, err := unix.MemfdCreate("wcm-image", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, err
	}
	s := &shared{file: os.NewFile(uintptr(fd), "wcm-image")}
	for _, part := range parts {
		if err == nil {
			_, err = s.file.Write(part)
		}
		s.size += len(part)
	}
	if err == nil {
		const forGood = unix.F_SEAL_WRITE | unix.F_SEAL_GROW | unix.F_SEAL_SHRINK | unix.F_SEAL_SEAL
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, forGood)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// place maps the bytes from an offset on, a multiple of the system's page, over
// memory. Pages that are written are copied first, so no instance sees what
// another one writes. It may be called while another goroutine calls close:
// then the error is [os.ErrClosed].
func (s *shared) place(memory []byte, offset int) error {
	file, err := s.file.SyscallConn()
	if err != nil {
		return err
	}
	var mapping error
	err = file.Control(func(fd uintptr) {
		_, mapping = unix.MmapPtr(int(fd), int64(offset), unsafe.Pointer(&memory[0]), uintptr(len(memory)),
			unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED|unix.MAP_NORESERVE)
	})
	if err != nil { // it has no error of its own
		return os.ErrClosed
	}
	return mapping
}

// read copies bytes from an offset on.
func (s *shared) read(into []byte, offset int) error {
	_, err := s.file.ReadAt(into, int64(offset))
	return err
}

func (s *shared) close() error { return s.file.Close() }

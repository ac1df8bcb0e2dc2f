// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package module

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// ownedAlone checks that nobody but this user and root can write a file or a
// directory. The error lacks its subject.
func ownedAlone(info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return fmt.Errorf("can be written by others: its mode is %#o, expected %#o", mode, mode&^0o022)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if me := os.Geteuid(); ok && stat.Uid != 0 && int(stat.Uid) != me {
		return fmt.Errorf("belongs to user %d, expected %d or root", stat.Uid, me)
	}
	return nil
}

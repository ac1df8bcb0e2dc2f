// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package confine

import (
	"errors"
	"os"
	"syscall"
)

// Enter limits nothing: only Linux is supported. The time is limited all the
// same, by [Run].
func Enter(Limits) (missing []error, err error) {
	return []error{errors.New("limits: " + errors.ErrUnsupported.Error())}, nil
}

func executable() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}

func attributes() *syscall.SysProcAttr { return nil }

func killGroup(p *os.Process) error { return p.Kill() }

func peak(*os.ProcessState) int64 { return 0 }

func killed(*os.ProcessState) bool { return false }

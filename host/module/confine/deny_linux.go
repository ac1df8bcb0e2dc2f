// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package confine

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// denied are the system calls that fail from now on: those that reach the
// network or another process, and those that would get around that.
var denied = [...]uint32{
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_IO_URING_SETUP,
	unix.SYS_EXECVE, unix.SYS_EXECVEAT,
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD,
}

// Where the numbers stand in what the kernel shows to a filter.
const (
	offsetNumber       = 0
	offsetArchitecture = 4
)

// x32 marks a system call of amd64's other numbering.
const x32 = 0x40000000

// denyCalls makes the denied system calls fail, in all threads.
func denyCalls() error {
	// The promise never to gain privileges is the thread's, and goes with the
	// filter to all others.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	filter := denyFilter()
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	return nil
}

// denyFilter is the program that the kernel runs before each system call.
func denyFilter() []unix.SockFilter {
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	// skip goes on behind the next `yes` instructions if the number compares, else behind the next `no`.
	skip := func(compare uint16, k uint32, yes, no int) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | compare | unix.BPF_K, Jt: uint8(yes), Jf: uint8(no), K: k}
	}
	give := func(verdict uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: verdict}
	}
	filter := []unix.SockFilter{
		load(offsetArchitecture),
		skip(unix.BPF_JEQ, architecture, 0, len(denied)+3), // of another architecture: denied
		load(offsetNumber),
		skip(unix.BPF_JGE, x32, len(denied)+1, 0),
	}
	for i, number := range denied {
		filter = append(filter, skip(unix.BPF_JEQ, number, len(denied)-i, 0))
	}
	return append(filter,
		give(unix.SECCOMP_RET_ALLOW),
		give(unix.SECCOMP_RET_ERRNO|uint32(unix.EPERM)))
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fence

import (
	"cmp"
	"errors"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot returns the time since the system was booted. Go's monotonic clock
// stands still while the system is suspended; leases do not.
func sinceBoot() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		panic(err) // Linux has had the clock since 2.6.39
	}
	return time.Duration(t.Nano())
}

// setUserTimeout makes the kernel close a connection with bytes that the peer
// has not acknowledged for that long, whatever this process does meanwhile.
func setUserTimeout(tcp *net.TCPConn, d time.Duration) error {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds()))
	})
	return cmp.Or(err, os.NewSyscallError("setsockopt", failed))
}

// send hands bytes to the kernel and looks at the clock before each system
// call: between two, when the peer took no more, any time may have passed.
func (c *connection) send(b []byte) (n int, err error) {
	raw, err := c.tcp.SyscallConn()
	if err != nil {
		return 0, err
	}
	waited := raw.Write(func(fd uintptr) (done bool) {
		for n < len(b) {
			if _, err = c.fence.trusted(); err != nil {
				return true
			}
			sent, failed := unix.Write(int(fd), b[n:])
			switch {
			case errors.Is(failed, unix.EINTR):
			case errors.Is(failed, unix.EAGAIN):
				return false // called again when there is room
			case failed != nil:
				err = os.NewSyscallError("write", failed)
				return true
			default:
				n += sent
			}
		}
		return true
	})
	return n, cmp.Or(err, waited)
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"net"

	"golang.org/x/sys/unix"
)

// wakeAt returns what sets how many bytes must have come on a connection before
// the kernel tells of them, SO_RCVLOWAT of socket(7); nil if it cannot be set. A
// read gets fewer as well. Of a connection that ends or is full the kernel tells
// in any case.
func wakeAt(conn net.Conn) func(bytes int) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	return func(bytes int) {
		_ = raw.Control(func(fd uintptr) { // fails for a closed connection only, as the read will
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, bytes)
		})
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/client-go/rest"
)

// TestLullIsNotDisturbed looks at a real connection as the runtime's poller does:
// what comes during a lull it is not told of, what comes later it is.
func TestLullIsNotDisturbed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	config := &rest.Config{}
	withLulls(config)
	conn, err := config.Dial(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	send := func() {
		t.Helper()
		if _, err := server.Write([]byte{1}); err != nil {
			t.Fatal(err)
		}
	}

	send()
	lulling(conn)
	read(t, conn, make([]byte, 4))
	send()
	if readable(t, conn.(*lulled).Conn, 5*time.Millisecond) {
		t.Error("a byte that came during a lull was told of")
	}
	read(t, conn, make([]byte, 1)) // as many as there are: no lull follows
	send()
	if !readable(t, conn.(*lulled).Conn, 10*time.Second) {
		t.Error("a byte that came outside a lull was not told of")
	}
}

// readable reports whether the kernel tells within a time that a connection can be read.
func readable(t *testing.T, conn net.Conn, within time.Duration) bool {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	ready, failure := 0, error(nil)
	err = raw.Control(func(fd uintptr) {
		failure = unix.EINTR // by a signal of the runtime's
		for errors.Is(failure, unix.EINTR) {
			ready, failure = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(within.Milliseconds()))
		}
	})
	if err != nil || failure != nil {
		t.Fatal(err, failure)
	}
	return ready > 0
}

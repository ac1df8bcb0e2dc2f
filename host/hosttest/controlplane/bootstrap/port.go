// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"
)

// Free ports are taken from below the range that systems hand out to outgoing
// connections. Within that range a stopped server's port may be given to any
// client, and a client that redials it may even connect to itself; then the
// server could not come back.
const (
	firstFreePort = 20000
	lastFreePort  = 29999
)

// Listen listens on loopback: at the port, or if that is 0 at the one that the
// directory was last served on, or else at a free one. A taken port is waited
// for a little, since a predecessor may be on its way out.
func (d Dir) Listen(port int) (net.Listener, int, error) {
	if port == 0 {
		port = d.SavedPort()
	}
	if port == 0 {
		return listenFree()
	}
	deadline := time.Now().Add(3 * time.Second)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for ; ; <-look.C {
		l, err := listen(port)
		if err == nil {
			return l, port, nil
		}
		if time.Now().After(deadline) {
			return nil, 0, fmt.Errorf("port %d is taken, choose another with --port: %w", port, err)
		}
	}
}

func listenFree() (net.Listener, int, error) {
	for range 100 {
		port := firstFreePort + rand.IntN(lastFreePort-firstFreePort+1)
		if l, err := listen(port); err == nil {
			return l, port, nil
		}
	}
	return nil, 0, errors.New("no free port found on 127.0.0.1")
}

func listen(port int) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package fence

import (
	"context"
	"fmt"
	"net"
	"time"
)

// connectTimeout and keepAlive are those of client-go's transports.
const (
	connectTimeout = 30 * time.Second
	keepAlive      = 30 * time.Second
)

// DialContext connects to an address, if this process leads, with a connection
// that ends with the trust.
func (f *Fence) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if _, err := f.trusted(); err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: connectTimeout, KeepAlive: keepAlive}
	connected, err := dialer.DialContext(ctx, network, address)
	if err != nil || f.open {
		return connected, err
	}
	c, err := f.guard(connected)
	if err != nil {
		_ = connected.Close() // nothing was written to it
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	return c, nil
}

// guard puts a connection behind the fence.
func (f *Fence) guard(connected net.Conn) (*connection, error) {
	tcp, ok := connected.(*net.TCPConn)
	if !ok {
		return nil, fmt.Errorf("got a %T, expected a TCP connection", connected)
	}
	if err := setUserTimeout(tcp, f.margin/2); err != nil {
		return nil, err
	}
	c := &connection{Conn: tcp, tcp: tcp, fence: f}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.trusted(); err != nil { // it ended while we connected
		return nil, err
	}
	f.connections[c] = struct{}{}
	return c, nil
}

// connection is a TCP connection that sends nothing once the trust has ended.
type connection struct {
	net.Conn // not the TCP connection itself, whose ReadFrom would pass by Write
	tcp      *net.TCPConn
	fence    *Fence
}

// Write sends b, or as much of it as this process may.
func (c *connection) Write(b []byte) (int, error) {
	n, err := c.send(b)
	if _, ended := c.fence.trusted(); err != nil && ended != nil {
		c.reset() // nothing of the request that this was a part of
	}
	return n, err
}

// Close closes the connection.
func (c *connection) Close() error {
	c.fence.mu.Lock()
	delete(c.fence.connections, c)
	c.fence.mu.Unlock()
	return c.Conn.Close()
}

// reset closes the connection and drops what the kernel has not sent yet.
func (c *connection) reset() {
	_ = c.tcp.SetLinger(0) // both fail only if
	_ = c.Close()          // it is closed already
}

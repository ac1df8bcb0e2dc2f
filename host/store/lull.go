// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"net"
	"sync"
	"time"

	"k8s.io/client-go/rest"
)

// connections are those that lists and watches share, with lulls. Nothing else
// uses them, so nothing else waits. Safe for concurrent use.
type connections struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu   sync.Mutex
	open map[*lulled]bool // nil: closed; guarded by mu
}

// withLulls makes a configuration dial through the connections it returns.
func withLulls(config *rest.Config) *connections {
	c := &connections{dial: config.Dial, open: map[*lulled]bool{}}
	if c.dial == nil {
		c.dial = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext // as client-go's
	}
	config.Dial = c.dialContext
	return c
}

func (c *connections) dialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l := &lulled{Conn: conn, of: c, wakeAt: wakeAt(conn)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil { // whoever wanted it has not waited
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	c.open[l] = true
	return l, nil
}

// close closes what is open; all requests have ended.
func (c *connections) close() {
	c.mu.Lock()
	open := c.open
	c.open = nil
	c.mu.Unlock()
	for conn := range open {
		_ = conn.Conn.Close() // nobody uses it any more
	}
}

// lulled is a connection with lulls. Like every connection it is read by one
// goroutine at a time.
type lulled struct {
	net.Conn
	of     *connections
	wakeAt func(bytes int) // nil: it cannot be set
	pace   pace
	got    int       // bytes since it was read empty
	next   time.Time // when it may be read again; zero: now
}

// unheard is how many bytes may come during a lull before the kernel tells of
// them: to be told of each event costs as much as reading it.
const unheard = 256 << 10

// Read reads what has come, and no sooner than a lull after it was all read. A
// deadline or Close ends the lull no earlier.
func (l *lulled) Read(p []byte) (int, error) {
	if !l.next.IsZero() {
		if wait := time.Until(l.next); wait > 0 {
			<-time.After(wait)
		}
		l.next = time.Time{}
		l.hear(1)
	}
	n, err := l.Conn.Read(p)
	l.got += n
	if n == len(p) {
		return n, err // there is probably more
	}
	now := time.Now()
	if lull := l.pace.emptied(now, l.got); lull > 0 {
		l.next = now.Add(lull)
		l.hear(unheard)
	}
	l.got = 0
	return n, err
}

func (l *lulled) hear(bytes int) {
	if l.wakeAt != nil {
		l.wakeAt(bytes)
	}
}

// Close closes the connection.
func (l *lulled) Close() error {
	l.of.mu.Lock()
	delete(l.of.open, l)
	l.of.mu.Unlock()
	return l.Conn.Close()
}

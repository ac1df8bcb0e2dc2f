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

// A lull is how long the connection of the watches is left alone after it was
// read empty, so that events which come one shortly after the other are read
// together. An event that comes alone does not wait. While every lull ends with
// something to read, each is twice as long as the one before.
const (
	firstLull   = 10 * time.Millisecond
	longestLull = 50 * time.Millisecond
	// atOnce is how long a read takes at most that found something to read.
	atOnce = time.Millisecond
	// flood is how many bytes come between two lulls of a list or of more events
	// than are gained by waiting, for which lulls do not grow.
	flood = 1 << 20
	// unheard is how many bytes may come during a lull before the kernel tells of
	// them: to be told of each event costs as much as reading it.
	unheard = 256 << 10
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
	lull   time.Duration   // the last one
	got    int             // bytes since then
	next   time.Time       // when it may be read again; zero: there is probably more to read
}

// Read reads what has come, and no sooner than a lull after it was all read. A
// deadline or Close ends the lull no earlier.
func (l *lulled) Read(p []byte) (int, error) {
	if !l.next.IsZero() {
		if wait := time.Until(l.next); wait > 0 {
			<-time.After(wait)
		}
		l.hear(1)
	}
	began := time.Now()
	n, err := l.Conn.Read(p)
	l.got += n
	if n == len(p) {
		l.next = time.Time{}
		return n, err
	}
	now := time.Now()
	l.lull = nextLull(l.lull, now.Sub(began), l.got)
	l.next, l.got = now.Add(l.lull), 0
	l.hear(unheard)
	return n, err
}

func (l *lulled) hear(bytes int) {
	if l.wakeAt != nil {
		l.wakeAt(bytes)
	}
}

// nextLull returns the lull after one, after which so many bytes came, and the
// last read took so long.
func nextLull(last, took time.Duration, got int) time.Duration {
	if last == 0 || took > atOnce || got > flood {
		return firstLull
	}
	return min(2*last, longestLull)
}

// Close closes the connection.
func (l *lulled) Close() error {
	l.of.mu.Lock()
	delete(l.of.open, l)
	l.of.mu.Unlock()
	return l.Conn.Close()
}

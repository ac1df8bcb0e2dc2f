// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/rest"
)

// TestLull reads a connection to which bytes come at certain times, after some
// that a lull follows.
func TestLull(t *testing.T) {
	const buffer, lull = 4, 2 * firstLull
	for _, c := range []struct {
		name  string
		pause time.Duration // between the first bytes and the second
		first int           // how many bytes come first
		want  time.Duration // when the second are read, after the first
	}{
		{"the next bytes come during the lull", lull / 2, 1, lull},
		{"the next bytes come at once", 0, 1, lull},
		{"the next bytes come later", 3 * lull, 1, 3 * lull},
		{"there was more than fitted", 0, buffer, 0},
		{"there was more than fitted, and the rest is late", lull / 2, buffer, lull / 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, server := pipe(t)
				lulling(conn)
				go func() { // ends with its writes, which are read
					time.Sleep(firstLull)
					_, _ = server.Write(make([]byte, c.first))
					time.Sleep(c.pause)
					_, _ = server.Write([]byte{1})
				}()
				read(t, conn, make([]byte, buffer))
				began := time.Now()
				read(t, conn, make([]byte, buffer))
				if got := time.Since(began); got != c.want {
					t.Errorf("the second bytes were read after %s, want %s", got, c.want)
				}
			})
		})
	}
}

// lulling makes a connection have had a lull.
func lulling(conn net.Conn) { conn.(*lulled).pace = pace{lull: firstLull, since: time.Now()} }

func read(t *testing.T, conn net.Conn, p []byte) {
	t.Helper()
	if _, err := conn.Read(p); err != nil {
		t.Fatal(err)
	}
}

// pipe returns both ends of a connection, of which the first was dialed.
func pipe(t *testing.T) (dialed, server net.Conn) {
	t.Helper()
	client, server := net.Pipe()
	config := &rest.Config{Dial: func(context.Context, string, string) (net.Conn, error) { return client, nil }}
	withLulls(config)
	dialed, err := config.Dial(t.Context(), "tcp", "pods.invalid:443")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = dialed.Close(), server.Close() })
	return dialed, server
}

// TestDialAfterClose: a transport may go on dialing for a request that was
// given up.
func TestDialAfterClose(t *testing.T) {
	client, server := net.Pipe()
	config := &rest.Config{Dial: func(context.Context, string, string) (net.Conn, error) { return client, nil }}
	withLulls(config).close()
	if _, err := config.Dial(t.Context(), "tcp", "pods.invalid:443"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("dial after close: got error %v, want %v", err, net.ErrClosed)
	}
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the other end: got error %v, want %v", err, io.EOF)
	}
}

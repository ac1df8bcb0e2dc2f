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

// TestLull reads a connection to which bytes come at certain times.
func TestLull(t *testing.T) {
	const buffer = 4
	for _, c := range []struct {
		name  string
		pause time.Duration // between the first bytes and the second
		first int           // how many bytes come first
		want  time.Duration // when the second are read, after the first
	}{
		{"the next bytes come during the lull", firstLull / 2, 1, firstLull},
		{"the next bytes come at once", 0, 1, firstLull},
		{"the next bytes come later", 3 * firstLull, 1, 3 * firstLull},
		{"there was more than fitted", 0, buffer, 0},
		{"there was more than fitted, and the rest is late", firstLull / 2, buffer, firstLull / 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, server := pipe(t)
				go func() { // ends with its writes, which are read
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

// TestLullsGrow reads a connection on which something comes every few
// milliseconds, and then nothing for a while.
func TestLullsGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, server := pipe(t)
		go func() { // ends when the connection is closed
			for i := 0; ; i++ {
				if i == 5 {
					time.Sleep(time.Second)
				}
				if _, err := server.Write([]byte{1}); err != nil {
					return
				}
			}
		}()
		last := time.Now()
		for i, milliseconds := range []int{0, 10, 20, 40, 50, 1000, 10, 20} {
			read(t, conn, make([]byte, 4))
			want := time.Duration(milliseconds) * time.Millisecond
			if got := time.Since(last); got != want {
				t.Errorf("read %d: got it %s after the one before, want %s", i, got, want)
			}
			last = time.Now()
		}
	})
}

func TestNextLull(t *testing.T) {
	for _, c := range []struct {
		name string
		last time.Duration
		took time.Duration
		got  int
		want time.Duration
	}{
		{"the first", 0, 0, 100, firstLull},
		{"something came", firstLull, 0, 100, 2 * firstLull},
		{"something came again", 4 * firstLull, 0, 100, longestLull},
		{"nothing came for a while", longestLull, time.Second, 100, firstLull},
		{"the reader was kept waiting by others", firstLull, atOnce, flood, 2 * firstLull},
		{"a list comes", longestLull, 0, flood + 1, firstLull},
	} {
		if got := nextLull(c.last, c.took, c.got); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

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

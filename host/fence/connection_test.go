// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package fence

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// message is larger than what the kernels of both ends take, so that its end
// has not left the process while the peer does not read.
const message = 16 << 20

// pipe is a connection behind a fence and its far end, which reads only when
// it is told to.
func pipe(t *testing.T, f *Fence) (near, far net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if near, err = f.DialContext(t.Context(), "tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	return near, far
}

// outcome is what Write returned.
type outcome struct {
	n   int
	err error
}

// started writes a message and returns when the kernels take no more of it.
func started(t *testing.T, f *Fence, near net.Conn) (written <-chan outcome) {
	t.Helper()
	result := make(chan outcome, 1)
	go func() { // ends when the connection is closed, at the latest
		n, err := near.Write(make([]byte, message))
		result <- outcome{n, err}
	}()
	for buffered := -1; ; { // until two looks see the same
		<-time.After(20 * time.Millisecond)
		queued := queuedBytes(t, f)
		if queued > 0 && queued == buffered {
			return result
		}
		buffered = queued
	}
}

// queuedBytes is how much the kernel has not sent yet.
func queuedBytes(t *testing.T, f *Fence) (queued int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.connections {
		raw, err := c.tcp.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		err = raw.Control(func(fd uintptr) {
			n, failed := unix.IoctlGetInt(int(fd), unix.SIOCOUTQNSD)
			if failed != nil {
				t.Error(failed)
			}
			queued += n
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return queued
}

// TestHalfAMessageStaysHalf ends the trust while a message is on its way.
func TestHalfAMessageStaysHalf(t *testing.T) {
	var skew atomic.Int64
	clock := func() time.Duration { return time.Duration(skew.Load()) }
	for _, c := range []struct {
		reason  string
		end     func(f *Fence)
		dropped bool // also what the kernel has
	}{
		{"revoked", (*Fence).Revoke, true},
		{"the timer finds it expired", func(f *Fence) { skew.Add(int64(trust)); f.expire() }, true},
		{"the process was stopped, and its timers come later than the peer", func(*Fence) { skew.Add(int64(trust)) }, false},
	} {
		t.Run(c.reason, func(t *testing.T) {
			f := New(Options{Margin: time.Hour, Clock: clock})
			f.Extend(f.Now() + Instant(trust))
			defer f.Revoke()
			near, far := pipe(t, f)
			written := started(t, f, near)
			unsent := queuedBytes(t, f)
			c.end(f)
			got, err := io.Copy(io.Discard, far)
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the far end: got error %v, want that the connection was reset", err)
			}
			w := <-written
			if w.err == nil || w.n == message {
				t.Errorf("Write: got %d and error %v, want that a part of it failed", w.n, w.err)
			}
			if most := w.n - unsent; c.dropped && got > int64(most) {
				t.Errorf("the far end got %d bytes of %d that the kernel took, want at most %d: the rest was not sent", got, w.n, most)
			}
			if got > int64(w.n) {
				t.Errorf("the far end got %d bytes, want no more than the %d that were written", got, w.n)
			}
		})
	}
}

// TestWholeMessage is the same without an end of the trust.
func TestWholeMessage(t *testing.T) {
	f := newFence(time.Hour)
	f.Extend(f.Now() + Instant(time.Hour))
	defer f.Revoke()
	near, far := pipe(t, f)
	written := started(t, f, near)
	if got, err := io.CopyN(io.Discard, far, message); err != nil {
		t.Errorf("the far end got %d bytes and error %v, want %d", got, err, message)
	}
	if w := <-written; w.err != nil {
		t.Errorf("Write: got error %v", w.err)
	}
}

// TestDrainEndsAMessage drains the fence while a request is half sent.
func TestDrainEndsAMessage(t *testing.T) {
	f := newFence(time.Hour)
	f.Extend(f.Now() + Instant(time.Hour))
	defer f.Revoke()
	near, far := pipe(t, f)
	request, _, err := f.begin()
	if err != nil {
		t.Fatal(err)
	}
	written := started(t, f, near)
	drained := make(chan struct{})
	go func() { f.Drain(time.Hour); close(drained) }() // ends with the request
	for f.CanWrite() == nil {
		runtime.Gosched()
	}
	if _, _, err := f.begin(); !errors.Is(err, ErrNotLeader) {
		t.Errorf("another request: got error %v, want %v", err, ErrNotLeader)
	}
	if got, err := io.CopyN(io.Discard, far, message); err != nil {
		t.Errorf("the far end got %d bytes and error %v, want %d", got, err, message)
	}
	if w := <-written; w.err != nil {
		t.Errorf("Write: got error %v", w.err)
	}
	f.end(request, true)
	<-drained
}

// TestKernelGivesUp has a process that does nothing, as a stopped one.
func TestKernelGivesUp(t *testing.T) {
	f := newFence(200 * time.Millisecond)
	f.Extend(f.Now() + Instant(time.Hour))
	defer f.Revoke()
	near, _ := pipe(t, f)
	written := make(chan error, 1)
	go func() { // ends when the kernel closes the connection
		_, err := near.Write(make([]byte, message))
		written <- err
	}()
	if err := <-written; !errors.Is(err, syscall.ETIMEDOUT) {
		t.Errorf("Write to a peer that does not read: got error %v, want that the kernel gave up", err)
	}
}

func TestDialContext(t *testing.T) {
	f := newFence(time.Hour)
	if _, err := f.DialContext(t.Context(), "tcp", "127.0.0.1:1"); !errors.Is(err, ErrNotLeader) {
		t.Errorf("without trust: got error %v, want %v", err, ErrNotLeader)
	}
	f.Extend(f.Now() + Instant(time.Hour))
	defer f.Revoke()
	if _, err := f.DialContext(t.Context(), "tcp", "127.0.0.1:1"); err == nil || errors.Is(err, ErrNotLeader) {
		t.Errorf("nobody listens: got error %v, want that of the system", err)
	}
}

// post sends a body that is larger than the buffers of a connection.
func post(client *http.Client, url string) error {
	response, err := client.Post(url, "application/json", bytes.NewReader(make([]byte, large)))
	if err != nil {
		return err
	}
	return response.Body.Close()
}

const large = 256 << 10

// TestHammer has many requests, renewals and losses at once. The server counts
// what arrives whole.
func TestHammer(t *testing.T) {
	f := newFence(time.Hour)
	var arrived atomic.Int64
	api := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); err == nil && n == large {
			arrived.Add(1)
		}
	}))
	defer api.Close()
	client := &http.Client{Transport: f.Transport(&http.Transport{DialContext: f.DialContext, MaxIdleConnsPerHost: 8})}
	defer client.CloseIdleConnections()
	var workers sync.WaitGroup
	ctx := t.Context()
	var answered, refused atomic.Int64
	for range 8 {
		workers.Go(func() { // ends after its requests
			for range 50 {
				switch err := post(client, api.URL); {
				case err == nil:
					answered.Add(1)
				case errors.Is(err, ErrNotLeader):
					refused.Add(1)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { workers.Wait(); close(done) }() // ends with the workers
	for running := true; running; {
		f.Extend(f.Now() + Instant(time.Hour))
		select {
		case <-done:
			running = false
		case <-ctx.Done():
		case <-time.After(2 * time.Millisecond):
		}
		f.Revoke()
	}
	if f.mu.Lock(); len(f.connections) != 0 || len(f.requests) != 0 {
		t.Errorf("left: %d connections, %d requests; want none", len(f.connections), len(f.requests))
	}
	f.mu.Unlock()
	if arrived.Load() < answered.Load() || answered.Load() == 0 || refused.Load() == 0 {
		t.Errorf("%d arrived, %d answered, %d refused: want some of each, and none answered that did not arrive",
			arrived.Load(), answered.Load(), refused.Load())
	}
}

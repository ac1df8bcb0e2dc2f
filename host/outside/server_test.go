// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package outside_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/outside"
)

// rawServer answers each connection's first request with what write writes,
// until the client hangs up, and returns its URL.
func rawServer(t *testing.T, write func(net.Conn) error) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { // ends when the listener is closed; the cleanup waits
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { // ends when the client hangs up
				defer connection.Close()
				if _, err := http.ReadRequest(bufio.NewReader(connection)); err == nil {
					_ = write(connection)
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	return "http://" + listener.Addr().String()
}

// again returns a function that writes a text for ever behind another.
func again(first, text string) func(net.Conn) error {
	return func(connection net.Conn) error {
		_, err := connection.Write([]byte(first))
		for err == nil {
			_, err = connection.Write([]byte(text))
		}
		return err
	}
}

func once(text string) func(net.Conn) error {
	return func(connection net.Conn) error {
		_, err := connection.Write([]byte(text))
		return err
	}
}

// TestHostileServers: each of them could go on for ever, and none of the
// requests has a timeout that is short.
func TestHostileServers(t *testing.T) {
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, test := range []struct {
		reason string
		write  func(net.Conn) error
		status abi.Status
		want   string
	}{
		{"no HTTP", again("", "garbage\r\n"), abi.StatusUnavailable, "malformed HTTP"},
		{"a status line without end", again("HTTP/1.1 200 ", "OK"), abi.StatusUnavailable, "exceeded 65536 bytes"},
		{"headers without end", again("HTTP/1.1 200 OK\r\n", "X-Flood: 1\r\n"), abi.StatusUnavailable, "exceeded 65536 bytes"},
		{"a header without end", again("HTTP/1.1 200 OK\r\nX-Flood: ", "1"), abi.StatusUnavailable, "exceeded 65536 bytes"},
		{"hints without end", again("", "HTTP/1.1 103 Early Hints\r\nX-Flood: 1\r\n\r\n"), abi.StatusUnavailable, ""},
		{"chunks without end", again(chunked, "4\r\nbomb\r\n"), abi.StatusTooLarge, "more than 100000 bytes"},
		{"tiny chunks without end", again(chunked, "1;"+strings.Repeat("x", 200)+"\r\nb\r\n"), abi.StatusUnavailable, "chunk"},
		{"a chunk of 16 exabytes", again(chunked+"ffffffffffffffff\r\n", "bomb"), abi.StatusTooLarge, "more than 100000 bytes"},
		{"a length without end", again("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n", "bomb"), abi.StatusTooLarge, "more than 100000 bytes"},
		{"a negative length", once("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), abi.StatusUnavailable, "Content-Length"},
		{"two lengths", once("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), abi.StatusUnavailable, "Content-Length"},
		{"less than its length", once("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"), abi.StatusUnavailable, "unexpected EOF"},
		{"trailers without end", again(chunked+"0\r\n", "X-Flood: 1\r\n"), abi.StatusUnavailable, "trailer"},
		{"another protocol", again("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "bomb"), abi.StatusTooLarge, "more than"},
		{"nothing", once(""), abi.StatusUnavailable, "EOF"},
	} {
		c := newClient(t, nil, outside.Options{BodyLimit: 100_000})
		_, err := c.Do(t.Context(), &abi.HTTPRequest{URL: rawServer(t, test.write), Timeout: time.Minute}, anything)
		fails(t, test.reason, err, test.status, test.want)
	}
}

// TestConnections: a client keeps a connection for the next request, shares it
// with no other client, and closes it at the end.
func TestConnections(t *testing.T) {
	connections := map[string]int{} // requests by the client's address
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { connections[r.RemoteAddr]++ })
	before := goleak.IgnoreCurrent()
	for range 2 {
		c := newClient(t, server, outside.Options{})
		for range 3 {
			if _, err := c.Do(t.Context(), &abi.HTTPRequest{URL: server.URL}, anything); err != nil {
				t.Fatal(err)
			}
		}
		c.Close()
	}
	if len(connections) != 2 {
		t.Errorf("two clients made the connections %v, want one each", connections)
	}
	goleak.VerifyNone(t, before)
}

// TestHTTP1 has a server that would rather speak another protocol.
func TestHTTP1(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, r.Proto) }))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	answer, err := newClient(t, server, outside.Options{}).Do(t.Context(), &abi.HTTPRequest{URL: server.URL}, anything)
	if err != nil || string(answer.Body) != "HTTP/1.1" {
		t.Errorf("got %v, %v, want a request of HTTP/1.1", answer, err)
	}
}

// TestHammer sends requests that succeed, fail and are cut off, all at once
// through one client, and finds no trace of them afterwards.
func TestHammer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/hang":
			<-r.Context().Done()
		case "/abort":
			panic(http.ErrAbortHandler)
		default:
			_, _ = fmt.Fprint(w, r.URL.Query().Get("echo"))
		}
	}))
	defer server.Close()
	before := goleak.IgnoreCurrent()
	c := newClient(t, server, outside.Options{})
	var working sync.WaitGroup
	for worker := range 8 {
		working.Go(func() {
			for i := range 25 {
				hammer(t, c, server.URL, fmt.Sprintf("%d-%d", worker, i))
			}
		})
	}
	working.Wait()
	c.Close()
	server.CloseClientConnections()
	goleak.VerifyNone(t, before)
}

func hammer(t *testing.T, c *outside.Client, url, word string) {
	answer, err := c.Do(t.Context(), &abi.HTTPRequest{URL: url + "/?echo=" + word}, anything)
	if err != nil || string(answer.Body) != word {
		t.Errorf("echo %s: got %v, %v", word, answer, err)
	}
	if _, err := c.Do(t.Context(), &abi.HTTPRequest{URL: url + "/redirect"}, anything); err != nil {
		t.Errorf("redirect: %v", err)
	}
	_, err = c.Do(t.Context(), &abi.HTTPRequest{URL: url + "/abort"}, anything)
	fails(t, "abort", err, abi.StatusUnavailable, "EOF")
	_, err = c.Do(t.Context(), &abi.HTTPRequest{URL: url + "/hang", Timeout: time.Millisecond}, anything)
	fails(t, "hang", err, abi.StatusUnavailable, "no answer within")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("over"))
	_, err = c.Do(ctx, &abi.HTTPRequest{URL: url}, anything)
	fails(t, "canceled", err, abi.StatusCanceled, "over")
}

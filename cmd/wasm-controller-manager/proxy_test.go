// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// proxy stands between a process and the API server. It can fall silent: then
// connections stay open and what comes is lost. And it can hold back for a while
// what the process sends, as a network that is cut: a little of it is in the
// buffers of the proxy, the rest stays in those of the process and its kernel.
type proxy struct {
	kubeconfig string // by which the API server is reached through the proxy
	port       int
	target     string
	silent     chan struct{} // closed by stall
	stall      func()

	mu   sync.Mutex
	flow chan struct{} // closed unless held back; guarded by mu
}

// held is about how many bytes of a connection the proxy has room for.
const held = 4 << 10

const loopback = "127.0.0.1"

// startProxy starts a proxy that listens on an address of this machine.
func startProxy(t *testing.T, plane *controlplane.Plane, address string) *proxy {
	t.Helper()
	small := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		return errors.Join(c.Control(func(fd uintptr) { // connections inherit it
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, held)
		}), err)
	}}
	listener, err := small.Listen(t.Context(), "tcp", address+":0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{
		kubeconfig: filepath.Join(t.TempDir(), "kubeconfig"),
		port:       listener.Addr().(*net.TCPAddr).Port,
		target:     strings.TrimPrefix(plane.URL(), "https://"),
		silent:     make(chan struct{}),
		flow:       make(chan struct{}),
	}
	p.stall = sync.OnceFunc(func() { close(p.silent) })
	p.release()
	config, err := clientcmd.LoadFromFile(plane.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, cluster := range config.Clusters {
		cluster.Server, cluster.TLSServerName = "https://"+listener.Addr().String(), loopback
	}
	if err := clientcmd.WriteToFile(*config, p.kubeconfig); err != nil {
		t.Fatal(err)
	}
	go p.serve(listener) // ends with the listener
	t.Cleanup(func() { _ = listener.Close() })
	return p
}

func (p *proxy) serve(listener net.Listener) {
	for {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		go p.pass(near, far, p.flows) // these end with the connections, which end with the process
		go p.pass(far, near, func() {})
	}
}

// hold stops what the process sends until release. What the API server sends
// goes on, so that every worker gets its answer and begins another write.
func (p *proxy) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flow = make(chan struct{})
}

func (p *proxy) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.flow)
}

// flows waits while what the process sends is held back.
func (p *proxy) flows() {
	p.mu.Lock()
	flow := p.flow
	p.mu.Unlock()
	<-flow
}

// pass copies until one side closes, or drops what comes while silent.
func (p *proxy) pass(from, to net.Conn, flows func()) {
	defer func() { _ = from.Close() }()
	defer func() { _ = to.Close() }()
	buffer := make([]byte, held)
	for {
		flows()
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		flows()
		select {
		case <-p.silent:
			continue
		default:
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

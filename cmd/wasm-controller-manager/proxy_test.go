// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// proxy stands between a process and the API server, and can fall silent: then
// connections stay open and nothing comes through any more.
type proxy struct {
	kubeconfig string // by which the API server is reached through the proxy
	target     string
	silent     chan struct{} // closed by stall
	stall      func()
}

func startProxy(t *testing.T, plane *controlplane.Plane) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{
		kubeconfig: filepath.Join(t.TempDir(), "kubeconfig"),
		target:     strings.TrimPrefix(plane.URL(), "https://"),
		silent:     make(chan struct{}),
	}
	p.stall = sync.OnceFunc(func() { close(p.silent) })
	config, err := clientcmd.LoadFromFile(plane.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, cluster := range config.Clusters {
		cluster.Server = "https://" + listener.Addr().String()
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
		go p.pass(near, far) // these end with the connections, which end with the process
		go p.pass(far, near)
	}
}

// pass copies until one side closes, or drops what comes while silent.
func (p *proxy) pass(from, to net.Conn) {
	defer func() { _ = from.Close() }()
	defer func() { _ = to.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
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

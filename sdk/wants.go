// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
)

// What a plugin wants besides resources. The operator of the cluster grants it.

// Server is a server other than the API server, which the plugin calls.
type Server struct {
	url  string
	want int // its place in the description
}

// NewServer declares a server that the plugin calls by HTTP with some methods,
// GET and HEAD if none are named:
//
//	var hooks = sdk.NewServer("https://hooks.example.com:8443", "POST")
//
// The host may be "*.example.com" for all names below one, or "*:*" for a plugin
// whose settings name it and its port. A URL that begins with http:// asks for calls without
// TLS as well. It panics at a URL with a path.
func NewServer(url string, methods ...string) *Server {
	scheme, host, found := strings.Cut(url, "://")
	if !found || (scheme != "https" && scheme != "http") || host == "" || strings.ContainsAny(host, "/?#@ ") {
		panic("sdk: NewServer(" + url + "): expected https:// or http://, a host and perhaps a port")
	}
	want := abi.HTTP{Hosts: []string{host}, Methods: methods, Plain: scheme == "http"}
	module.description.HTTP = append(module.description.HTTP, want)
	return &Server{url: url, want: len(module.description.HTTP) - 1}
}

// Optional declares that the plugin is of use without the server too, where the
// settings name none for example. Else the host refuses a plugin that may not
// reach the server at all.
func (s *Server) Optional() *Server {
	module.description.HTTP[s.want].Optional = true
	return s
}

// SigningKey is a key that the host holds, and signs with for the plugin.
type SigningKey struct{ name string }

// NewSigningKey declares a key of the host that is to sign for the plugin.
func NewSigningKey(name string) *SigningKey {
	if !slices.Contains(module.description.Sign, name) {
		module.description.Sign = append(module.description.Sign, name)
	}
	return &SigningKey{name}
}

// WantDiscovery declares that the plugin asks which resources the API server
// has.
func WantDiscovery() { module.description.Discover = true }

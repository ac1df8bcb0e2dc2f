// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package grant says what a plugin may do.
//
// A module states what it wants in its description, the operator's file says
// what it gets. What counts is the intersection; what neither names is
// denied. The package is pure: it neither reads files nor talks to anyone.
package grant

// Grants are what an operator allows one plugin. The zero value allows
// nothing. The fields are those of `grants:` in the operator's file.
type Grants struct {
	// Resources are rules as in RBAC: what one of them allows is allowed.
	Resources []Resource `json:"resources,omitempty"`
	// HTTP are the servers that the plugin may call.
	HTTP []HTTP `json:"http,omitempty"`
	// Sign names the keys of the host that may sign for the plugin.
	Sign []string `json:"sign,omitempty"`
	// FieldManagers are names under which the plugin may write beside its own.
	FieldManagers []string `json:"fieldManagers,omitempty"`
	// Discover allows the plugin to list the resources that the API server has.
	Discover bool `json:"discover,omitempty"`
}

// Resource allows every one of its verbs on every one of its resources.
type Resource struct {
	Groups    []string `json:"groups"`    // API groups; "" is the core group, "*" all
	Resources []string `json:"resources"` // "pods", "pods/status", "*/scale", "*"
	Verbs     []string `json:"verbs"`     // get list watch create update patch delete deletecollection, or "*"
	// Namespaces to which the rule is limited; empty: all, and cluster-scoped objects.
	Namespaces []string `json:"namespaces,omitempty"`
	// Names and NamePrefixes limit the rule to objects with one of the names
	// or a name that begins with one of the prefixes; both empty: all.
	Names        []string `json:"names,omitempty"`
	NamePrefixes []string `json:"namePrefixes,omitempty"`
}

// HTTP allows requests to servers outside of the API server.
type HTTP struct {
	// Hosts are names and IP addresses, "*.example.com" for all names below
	// one, or "*" for all names, each with an optional port or ":*" for all:
	// "api.example.com", "10.0.0.1:8443", "[2001:db8::1]:*". Without port: 443.
	Hosts   []string `json:"hosts"`
	Methods []string `json:"methods,omitempty"` // empty: GET and HEAD
	// Plain allows http:// beside https://; without port: 80.
	Plain bool `json:"plain,omitempty"`
}

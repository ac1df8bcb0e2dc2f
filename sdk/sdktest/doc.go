// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package sdktest runs a plugin against an API server in memory, in ordinary
// tests:
//
//	env := sdktest.New(t, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"default","name":"a"}}`)
//	if err := env.Settle(); err != nil {
//		t.Fatal(err)
//	}
//	got := env.Get("ConfigMap", sdk.Key{Namespace: "default", Name: "a"})
//
// [Env] holds the objects, the clock, and everything that the plugin did. It
// is an [abi.Operator], so the same test runs the plugin in the process and,
// with [NewFor], as a wasm module behind the host's own binding.
//
// Servers outside are what [Env.OnHTTP] makes of them, and keys sign nothing: a
// token has the algorithm "none", the key's name and the claims.
//
// What is simpler than in a real API server: nothing is defaulted or
// validated; every resource has a status subresource, and scale if it has
// spec.replicas; apply merges and knows no field managers; nothing collects
// garbage; names that are generated count up. A plugin that works here still
// wants one test against the real thing.
//
// The methods of Env must be called by one goroutine; as an Operator it may be
// called by several.
package sdktest

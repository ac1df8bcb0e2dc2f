// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package project takes the fields that controllers read out of the bytes that
// the API server sends, and nothing else.
//
//	JSON text ───── JSON ──┐
//	                       ├─▶ record ─▶ Transcoder ─▶ record ─▶ guest
//	protobuf ────── Proto ─┘   of the                  of one
//	                           union                   controller
//	                             │
//	                             └─▶ Path, Map, Owners, Selector: indexes and mappings
//
// A record (package abi/record) is a few hundred bytes where the object has
// thousands, and no Go object is made for it on the way: the document is walked
// once, along the shape, and everything else is stepped over. CheckType and
// CheckOpenAPI say which fields of a shape a resource does not have.
//
// The package is pure: it reads no clock, file or network, starts no
// goroutine and imports no Kubernetes code; Go types of the API come in
// through reflection. Everything here is built once from a shape, is not
// modified after, and is safe for concurrent use. No input makes it panic or
// read outside of its bytes.
package project

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package plan turns a Go type into the three things that the SDK needs of it:
// the shape of its projection, a decoder of records, and a writer and reader
// of JSON. All three come from one tree of nodes that is built once per type
// by reflection; what runs per object is a walk over that tree with plain
// loads and stores.
//
// Fields are named by their json tags, with the meaning that encoding/json
// gives to names, "-", omitempty, omitzero, string and embedding. One tag is
// added: `wcm:"write"` keeps a field out of the projection, so it is written
// but never read.
//
// The package imports neither fmt nor encoding/json, which would make every
// guest larger by half, and uses only the parts of reflect that TinyGo has.
// It never talks to a host. Plans are immutable and safe for concurrent use.
package plan

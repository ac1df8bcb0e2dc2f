// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package recordjson converts between JSON objects and records, slowly and
// obviously right.
//
// It is the reference for everything else that makes records: README.md of
// abi has the rules in words, this package has them in code, and faster
// converters are tested against it. It keeps to encoding/json for everything
// that is JSON, never touches a cache or a cluster, holds no state, and is
// safe for concurrent use.
package recordjson

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package wasm decodes the WebAssembly binary format, version 2.0 of the core
// specification: SIMD, bulk memory, reference types, multiple values, sign
// extension and saturating conversions included, everything later refused by
// name.
//
// [Decode] walks over every section and every instruction, so what it returns
// was measured on the bytes that are there: it never allocates by a number
// that they do not bear out. All indexes are in range, blocks are nested, and
// the [Limits] hold. What needs a stack of operand types is not checked: a
// module that Decode accepts can still be invalid, and the runtime finds out.
//
// The package knows nothing of what a module is for, and runs none. Decode is
// a pure function; a [Module] is safe for concurrent use by readers.
package wasm

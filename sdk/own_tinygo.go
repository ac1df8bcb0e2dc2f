// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build tinygo

package sdk

import "strings"

// own returns a record of a list in memory of its own. TinyGo's collector goes
// back from where a pointer points to the start of what was allocated: with the
// strings of 500 objects in one list it takes half a second.
func own(rec string) string { return strings.Clone(rec) }

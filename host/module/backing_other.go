// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package module

// backByFile leaves code as it is.
func backByFile([]byte, string) error { return nil }

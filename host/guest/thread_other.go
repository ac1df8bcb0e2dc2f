// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package guest

// yieldProcessor does nothing: the kernel divides the time.
func yieldProcessor() {}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package store

import "net"

// wakeAt can be done on Linux only.
func wakeAt(net.Conn) func(bytes int) { return nil }

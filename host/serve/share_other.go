// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package serve

import (
	"errors"
	"syscall"
)

// shareAddress returns what refuses to share, which only Unix knows.
func shareAddress(port, address bool) func(network, address string, c syscall.RawConn) error {
	return func(string, string, syscall.RawConn) error {
		if port || address {
			return errors.New("--permit-port-sharing and --permit-address-sharing: not on this system")
		}
		return nil
	}
}

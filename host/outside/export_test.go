// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package outside

import "net"

// CheckAddress is checkAddress.
var CheckAddress = checkAddress

// SetResolver makes the client look names up elsewhere.
func (c *Client) SetResolver(r *net.Resolver) { c.resolver = r }

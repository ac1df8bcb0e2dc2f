// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"net/netip"
	"strings"
)

// ParseIP returns the address in its canonical form, and its family. Both are
// empty if it is none. Numbers of an IPv4 address may begin with zeros, as the
// API server lets them for old objects; they are decimal all the same.
func ParseIP(text string) (canonical, family string) {
	address, err := netip.ParseAddr(text)
	if err != nil {
		address, err = netip.ParseAddr(withoutZeros(text))
	}
	if err != nil || address.Zone() != "" {
		return "", ""
	}
	if address = address.Unmap(); address.Is4() {
		return address.String(), IPv4
	}
	return address.String(), IPv6
}

// withoutZeros drops the zeros that numbers between dots begin with.
func withoutZeros(text string) string {
	if strings.Contains(text, ":") {
		return text
	}
	parts := strings.Split(text, ".")
	for i, part := range parts {
		if short := strings.TrimLeft(part, "0"); short != "" {
			parts[i] = short
		} else if part != "" {
			parts[i] = "0"
		}
	}
	return strings.Join(parts, ".")
}

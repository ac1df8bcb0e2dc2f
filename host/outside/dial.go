// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/grant"
)

// dial connects to a server whose host is one that was checked. What a name
// leads to is decided by who has the zone, so its addresses are looked at after
// they are resolved, at the last moment before each is used.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: connectTimeout, Resolver: c.resolver}
	dialer.Control = func(_, address string, _ syscall.RawConn) error { return checkAddress(host, address) }
	return dialer.DialContext(ctx, network, address)
}

// checkAddress reports why a connection for the host may not go to an address
// with a port. An address that is the host itself was granted by itself, and so
// was a name of this machine.
func checkAddress(host, address string) error {
	resolved, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	e, ip := grant.Endpoint{Host: host}, resolved.Addr().WithZone("").Unmap()
	if _, literal := e.Address(); literal || e.Local() && ip.IsLoopback() || !reserved(ip) {
		return nil
	}
	return &Error{Status: abi.StatusDenied, Message: fmt.Sprintf("%s leads to %s, which must be granted by itself", host, ip)}
}

// metadata are addresses at which clouds tell a machine its secrets, beside the
// link-local 169.254.169.254.
var metadata = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("fd20:ce::254"),    // Google
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("192.0.0.192"),     // Oracle
}

// thisNetwork is where Linux takes 0.0.0.0 for this machine.
var thisNetwork = netip.MustParsePrefix("0.0.0.0/8")

// embedding are networks whose addresses have an IPv4 address inside, at the
// byte given.
var embedding = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("::/96"), 12},        // IPv4-compatible
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // NAT64
	{netip.MustParsePrefix("2002::/16"), 2},     // 6to4
}

// reserved reports whether an address means this machine or its link, where
// nothing expects a request of a stranger. Addresses of private networks are
// not meant: a cluster's own services have them.
func reserved(ip netip.Addr) bool {
	if ip.IsLoopback() || ip.IsUnspecified() || ip.IsLinkLocalUnicast() || ip.IsMulticast() ||
		thisNetwork.Contains(ip) || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) || slices.Contains(metadata, ip) {
		return true
	}
	for _, e := range embedding {
		if e.prefix.Contains(ip) {
			bytes := ip.As16()
			return reserved(netip.AddrFrom4([4]byte(bytes[e.at : e.at+4])))
		}
	}
	return false
}

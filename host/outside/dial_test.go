// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package outside_test

import (
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/outside"
)

func TestCheckAddress(t *testing.T) {
	for _, c := range []struct {
		reason, host, address string
		want                  bool
	}{
		{"a public address", "a.example", "192.0.2.1:443", true},
		{"a public IPv6 address", "a.example", "[2001:db8::1]:443", true},
		{"a cluster's own address", "a.example", "10.96.0.1:443", true},
		{"a cluster's own IPv6 address", "a.example", "[fd00::1]:443", true},
		{"a public address through NAT64", "a.example", "[64:ff9b::c000:201]:443", true},
		{"loopback", "a.example", "127.0.0.1:443", false},
		{"all of loopback", "a.example", "127.255.255.254:443", false},
		{"IPv6 loopback", "a.example", "[::1]:443", false},
		{"loopback in IPv6", "a.example", "[::ffff:127.0.0.1]:443", false},
		{"loopback in old IPv6", "a.example", "[::127.0.0.1]:443", false},
		{"loopback through NAT64", "a.example", "[64:ff9b::7f00:1]:443", false},
		{"loopback through 6to4", "a.example", "[2002:7f00:1::]:443", false},
		{"unspecified", "a.example", "0.0.0.0:443", false},
		{"this network", "a.example", "0.1.2.3:443", false},
		{"IPv6 unspecified", "a.example", "[::]:443", false},
		{"metadata", "a.example", "169.254.169.254:80", false},
		{"metadata in IPv6", "a.example", "[::ffff:a9fe:a9fe]:80", false},
		{"metadata of AWS", "a.example", "[fd00:ec2::254]:80", false},
		{"metadata of Google", "a.example", "[fd20:ce::254]:80", false},
		{"metadata of Azure", "a.example", "168.63.129.16:80", false},
		{"metadata of Alibaba", "a.example", "100.100.100.200:80", false},
		{"metadata of Oracle", "a.example", "192.0.0.192:80", false},
		{"link-local", "a.example", "169.254.0.1:443", false},
		{"IPv6 link-local", "a.example", "[fe80::1]:443", false},
		{"IPv6 link-local with a zone", "a.example", "[fe80::1%lo]:443", false},
		{"multicast", "a.example", "224.0.0.1:443", false},
		{"IPv6 multicast", "a.example", "[ff02::1]:443", false},
		{"broadcast", "a.example", "255.255.255.255:443", false},
		{"an address that is the host", "127.0.0.1", "127.0.0.1:443", true},
		{"an IPv6 address that is the host", "::1", "[::1]:443", true},
		{"metadata that is the host", "169.254.169.254", "169.254.169.254:80", true},
		{"a name of this machine", "localhost", "127.0.0.1:443", true},
		{"a name of this machine in IPv6", "x.localhost", "[::1]:443", true},
		{"a name of this machine that is none", "localhost", "169.254.169.254:80", false},
		{"a name that only looks like it", "notlocalhost", "127.0.0.1:443", false},
	} {
		err := outside.CheckAddress(c.host, c.address)
		if (err == nil) != c.want {
			t.Errorf("%s: CheckAddress(%s, %s) = %v, want it allowed: %t", c.reason, c.host, c.address, err, c.want)
		}
		if err != nil {
			fails(t, c.reason, err, abi.StatusDenied, c.host+" leads to ")
		}
	}
}

// TestRebinding gives a granted name another address at each look-up.
func TestRebinding(t *testing.T) {
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the server got a request for %s", r.Host) })
	port := server.URL[strings.LastIndexByte(server.URL, ':'):]
	for _, addresses := range [][]string{{"127.0.0.1"}, {"::1"}, {"::ffff:127.0.0.1"}, {"169.254.169.254", "fe80::1"}, {"127.0.0.1", "::1", "0.0.0.0"}} {
		c := newClient(t, server, outside.Options{})
		c.SetResolver(nameServer(t, addresses))
		_, err := c.Do(t.Context(), &abi.HTTPRequest{URL: "https://rebind.example" + port}, anything)
		fails(t, strings.Join(addresses, " "), err, abi.StatusDenied, "rebind.example leads to ")
	}
}

// TestLocalName reaches this machine by a name that says so.
func TestLocalName(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Host)) })
	port := server.URL[strings.LastIndexByte(server.URL, ':'):]
	c := newClient(t, server, outside.Options{})
	c.SetResolver(nameServer(t, []string{"127.0.0.1"}))
	_, err := c.Do(t.Context(), &abi.HTTPRequest{URL: "https://wcm.localhost" + port}, anything)
	fails(t, "the certificate is for another name", err, abi.StatusUnavailable, "not wcm.localhost") // so it was connected
}

// nameServer returns a resolver for which every name has these addresses.
func nameServer(t *testing.T, addresses []string) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // ends when the socket is closed; the cleanup waits
		defer close(done)
		query := make([]byte, 512)
		for {
			n, from, err := socket.ReadFrom(query)
			if err != nil {
				return
			}
			_, _ = socket.WriteTo(dnsAnswer(query[:n], addresses), from)
		}
	}()
	t.Cleanup(func() {
		_ = socket.Close()
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

// dnsAnswer answers a query of one question with the addresses of its type.
func dnsAnswer(query []byte, addresses []string) []byte {
	const header, typeA, typeAAAA = 12, 1, 28
	end := header
	for query[end] != 0 { // labels
		end += int(query[end]) + 1
	}
	question := query[header : end+5]
	asked := binary.BigEndian.Uint16(question[len(question)-4:])
	answer := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
	for _, text := range addresses {
		ip := netip.MustParseAddr(text)
		if ip.Is4() != (asked == typeA) || ip.Is6() != (asked == typeAAAA) {
			continue
		}
		answer[7]++ // answers
		answer = append(answer, 0xc0, header, 0, byte(asked), 0, 1, 0, 0, 0, 0, 0, byte(ip.BitLen()/8))
		answer = append(answer, ip.AsSlice()...)
	}
	return answer
}

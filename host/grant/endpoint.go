// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Endpoint is where an HTTP request goes. It is canonical: two spellings of one
// server give equal endpoints, so what a grant allows is what is dialled.
type Endpoint struct {
	Plain bool   // http instead of https
	Host  string // a name in lower case without a dot at its end, or an IP address without brackets
	Port  uint16
}

// EndpointOf returns where a request for u goes, or why there is none: a URL
// that one reader could take for another than the next is an error, never a guess.
func EndpointOf(u *url.URL) (Endpoint, error) {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return Endpoint{}, errors.New("expected an absolute URL that begins with https:// or http://")
	case u.Opaque != "":
		return Endpoint{}, errors.New("expected // behind the scheme")
	case u.User != nil:
		return Endpoint{}, errors.New("expected no user information before the host: send a header")
	}
	e := Endpoint{Plain: u.Scheme == "http"}
	var err error
	if e.Host, err = canonicalHost(u.Hostname()); err != nil {
		return Endpoint{}, err
	}
	if e.Port, err = parsePort(u.Port(), defaultPort(e.Plain)); err != nil {
		return Endpoint{}, err
	}
	return e, nil
}

func defaultPort(plain bool) uint16 {
	if plain {
		return 80
	}
	return 443
}

// parsePort reads a port, or returns the other one for an empty text.
func parsePort(text string, otherwise uint16) (uint16, error) {
	if text == "" {
		return otherwise, nil
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("port %q: expected a number from 1 to 65535", text)
	}
	return uint16(port), nil
}

// Address returns the IP address that the host is, false if it is a name.
func (e Endpoint) Address() (netip.Addr, bool) {
	address, err := netip.ParseAddr(e.Host)
	return address, err == nil
}

// Local reports whether the host is a name of this machine itself.
func (e Endpoint) Local() bool {
	return e.Host == "localhost" || strings.HasSuffix(e.Host, ".localhost")
}

// Authority returns host and port as they stand in a URL, without the port if
// it is the one of the scheme.
func (e Endpoint) Authority() string {
	port := strconv.Itoa(int(e.Port))
	joined := net.JoinHostPort(e.Host, port)
	if e.Port == defaultPort(e.Plain) {
		return strings.TrimSuffix(joined, ":"+port)
	}
	return joined
}

// String returns the endpoint as a URL without a path, "https://example.com:8443".
func (e Endpoint) String() string {
	if e.Plain {
		return "http://" + e.Authority()
	}
	return "https://" + e.Authority()
}

// canonicalHost returns a host in the form of [Endpoint.Host]. The text of an
// IPv6 address comes without brackets.
func canonicalHost(host string) (string, error) {
	if host == "" {
		return "", errors.New("expected a host")
	}
	if strings.Contains(host, "%") {
		return "", fmt.Errorf("host %q: expected no zone, which means something to this machine alone", host)
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return address.Unmap().String(), nil
	}
	name := strings.ToLower(host)
	if err := checkName(name); err != nil {
		return "", fmt.Errorf("host %q: %w", host, err)
	}
	return name, nil
}

// checkName reports why a text is not the name of a host. A name whose last
// label is a number is one of the many old spellings of an IPv4 address, which
// some resolvers know.
func checkName(name string) error {
	if len(name) > 253 {
		return errors.New("expected at most 253 characters")
	}
	if strings.HasSuffix(name, ".") {
		return errors.New("expected no dot at the end")
	}
	var label string
	for label = range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return errors.New("expected 1 to 63 characters between dots")
		}
		if strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return errors.New("expected letters and digits of ASCII, hyphens and dots; xn-- for other letters")
		}
	}
	digits, hexadecimal := strings.CutPrefix(label, "0x")
	set := "0123456789"
	if hexadecimal {
		set += "abcdef"
	}
	if strings.Trim(digits, set) == "" {
		return errors.New("expected an address in the usual form, 192.0.2.1 for example")
	}
	return nil
}

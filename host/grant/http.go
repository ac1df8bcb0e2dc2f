// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// AllowsHTTP reports whether one of the rules that were granted allows a
// request with the method to the endpoint. Wildcards do not reach addresses and
// names of this machine, which are behind every firewall: they must be granted
// by themselves. A rule in which [HTTP.Problems] finds some allows nothing.
func AllowsHTTP(granted []HTTP, method string, to Endpoint) bool {
	_, isAddress := to.Address()
	literally := isAddress || to.Local()
	return slices.ContainsFunc(granted, func(h HTTP) bool { return h.allows(method, to, literally) })
}

// WantsHTTP reports whether one of the rules that a module wants is about a
// request with the method to the endpoint; "*" is about every one.
func WantsHTTP(wanted []HTTP, method string, to Endpoint) bool {
	return slices.ContainsFunc(wanted, func(h HTTP) bool { return h.allows(method, to, false) })
}

func (h *HTTP) allows(method string, to Endpoint, literally bool) bool {
	if to.Plain && !h.Plain || !h.allowsMethod(method) {
		return false
	}
	return slices.ContainsFunc(h.Hosts, func(text string) bool {
		p, err := parsePattern(text)
		return err == nil && p.matches(to) && (!p.below || !literally)
	})
}

func (h *HTTP) allowsMethod(method string) bool {
	if len(h.Methods) == 0 {
		return method == "GET" || method == "HEAD"
	}
	return slices.Contains(h.Methods, method)
}

// Problems returns everything that is wrong with the rule, whose path in the
// file that it stands in is field.
func (h *HTTP) Problems(field string) (problems []error) {
	if len(h.Hosts) == 0 {
		problems = append(problems, fmt.Errorf("%s.hosts: expected one at least", field))
	}
	for i, host := range h.Hosts {
		if _, err := parsePattern(host); err != nil {
			problems = append(problems, fmt.Errorf("%s.hosts[%d]: %w", field, i, err))
		}
	}
	for i, method := range h.Methods {
		if method == "" || strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || method == "CONNECT" || method == "TRACE" {
			problems = append(problems, fmt.Errorf("%s.methods[%d]: got %q, expected GET, HEAD, POST, PUT, PATCH, DELETE or the like", field, i, method))
		}
	}
	return problems
}

// pattern is one of the hosts of a rule.
type pattern struct {
	host string // canonical; empty: every one
	// below says that the pattern is for the names below host, at any depth,
	// and not for host itself.
	below   bool
	port    uint16 // 0: the one of the scheme
	anyPort bool
}

// parsePattern reads "api.example.com", "*.example.com" or "*", an IPv4
// address or an IPv6 address in brackets, each with an optional ":port" or ":*".
func parsePattern(text string) (p pattern, err error) {
	host, port := text, ""
	if colon := strings.LastIndexByte(text, ':'); colon > strings.LastIndexByte(text, ']') {
		if host, port = text[:colon], text[colon+1:]; port == "" {
			return p, fmt.Errorf("got %q, expected a port behind the colon", text)
		}
	}
	if p.anyPort = port == "*"; !p.anyPort {
		if p.port, err = parsePort(port, 0); err != nil {
			return p, fmt.Errorf("got %q: %w", text, err)
		}
	}
	if host == "*" {
		p.below = true
		return p, nil
	}
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		address, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if err != nil || !address.Is6() || address.Zone() != "" {
			return p, fmt.Errorf("got %q, expected an IPv6 address without a zone in the brackets", text)
		}
		host = address.String()
	}
	host, p.below = strings.CutPrefix(host, "*.")
	if p.host, err = canonicalHost(host); err != nil {
		return p, fmt.Errorf("got %q: %w", text, err)
	}
	if _, err := netip.ParseAddr(p.host); err == nil && p.below {
		return p, fmt.Errorf("got %q, expected a name behind *., since addresses have no parts", text)
	}
	return p, nil
}

// portOf returns the port of the pattern, or the one of the scheme.
func (p pattern) portOf(plain bool) uint16 {
	if p.port == 0 {
		return defaultPort(plain)
	}
	return p.port
}

func (p pattern) matches(to Endpoint) bool {
	if !p.anyPort && p.portOf(to.Plain) != to.Port {
		return false
	}
	if !p.below {
		return to.Host == p.host
	}
	return p.host == "" || strings.HasSuffix(to.Host, "."+p.host)
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
)

// httpOf returns what a module wants as rules.
func httpOf(wanted []abi.HTTP) []HTTP {
	var rules []HTTP
	for _, h := range wanted {
		rules = append(rules, HTTP{Hosts: h.Hosts, Methods: h.Methods, Plain: h.Plain})
	}
	return rules
}

// missingHTTP returns the wanted rules of which nothing at all is granted, but
// for those that the module can do without.
func missingHTTP(wanted []abi.HTTP, granted []HTTP) []HTTP {
	wanted = slices.DeleteFunc(slices.Clone(wanted), func(h abi.HTTP) bool { return h.Optional })
	return slices.DeleteFunc(httpOf(wanted), func(w HTTP) bool {
		return slices.ContainsFunc(granted, func(g HTTP) bool { return w.meets(&g) })
	})
}

// meets reports whether there are requests that a module wants by this rule
// and that are granted by the other.
func (h *HTTP) meets(granted *HTTP) bool {
	method := slices.ContainsFunc(h.methods(), granted.allowsMethod)
	return method && slices.ContainsFunc(h.Hosts, func(host string) bool {
		wanted, err := parsePattern(host)
		return err == nil && slices.ContainsFunc(granted.Hosts, func(host string) bool {
			g, err := parsePattern(host)
			plain := h.Plain && granted.Plain && wanted.meetPorts(g, true)
			return err == nil && wanted.meets(g) && (plain || wanted.meetPorts(g, false))
		})
	})
}

func (h *HTTP) methods() []string {
	if len(h.Methods) == 0 {
		return []string{"GET", "HEAD"}
	}
	return h.Methods
}

// meets reports whether there are hosts that both patterns are for. Granted
// wildcards reach no addresses.
func (p pattern) meets(granted pattern) bool {
	_, err := netip.ParseAddr(p.host)
	switch {
	case !p.below && !granted.below:
		return p.host == granted.host
	case !p.below:
		local := Endpoint{Host: p.host}.Local()
		return err != nil && !local && isBelow(p.host, granted.host)
	case !granted.below:
		return isBelow(granted.host, p.host)
	}
	return p.host == granted.host || isBelow(p.host, granted.host) || isBelow(granted.host, p.host)
}

// isBelow reports whether a host is below a domain; all are below "".
func isBelow(host, domain string) bool {
	return domain == "" || strings.HasSuffix(host, "."+domain)
}

// meetPorts reports whether there is a port that both patterns are for.
func (p pattern) meetPorts(granted pattern, plain bool) bool {
	return p.anyPort || granted.anyPort || p.portOf(plain) == granted.portOf(plain)
}

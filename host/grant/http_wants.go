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
		rules = append(rules, HTTP(h))
	}
	return rules
}

// missingHTTP returns the wanted rules of which nothing at all is granted.
func missingHTTP(wanted []abi.HTTP, granted []HTTP) []HTTP {
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
			return err == nil && wanted.meets(g) && meetPorts(wanted.ports(h.Plain), g.ports(granted.Plain))
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

// ports are those of https and of http to which a pattern reaches, 0 for none.
func (p pattern) ports(plain bool) (ports [2]uint16) {
	port := func(scheme bool) uint16 {
		if p.port == 0 {
			return defaultPort(scheme)
		}
		return p.port
	}
	ports[0] = port(false)
	if plain {
		ports[1] = port(true)
	}
	return ports
}

func meetPorts(a, b [2]uint16) bool { return a[0] == b[0] || a[1] != 0 && a[1] == b[1] }

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package servicelb

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Settings are the settings of the plugin: pools, or an endpoint.
type Settings struct {
	LoadBalancerClass string `json:"loadBalancerClass"` // the class that is served; empty: Services without one
	Pools             []Pool `json:"pools"`

	Endpoint      string `json:"endpoint"`      // URL below which load balancers are asked for
	Authorization string `json:"authorization"` // what the header Authorization of each request is
	Timeout       string `json:"timeout"`       // of a request

	timeout time.Duration
}

// Pool is a pool of addresses.
type Pool struct {
	Name          string   `json:"name"`
	Addresses     []string `json:"addresses"`     // "192.0.2.0/24" or "192.0.2.10-192.0.2.20"
	AutoAssign    *bool    `json:"autoAssign"`    // false: only for Services that ask for it; default: true
	AvoidBuggyIPs bool     `json:"avoidBuggyIPs"` // leave out addresses that end in .0 and .255

	ranges []addressRange
}

// addressRange is the addresses from the first to the last.
type addressRange struct{ first, last netip.Addr }

// prepare checks the settings and parses the pools.
func (s *Settings) prepare() (err error) {
	if s.timeout, err = time.ParseDuration(s.Timeout); err != nil || s.timeout <= 0 {
		return fmt.Errorf("timeout is %q, expected a duration such as 10s", s.Timeout)
	}
	if s.Endpoint != "" {
		if len(s.Pools) > 0 {
			return errors.New("pools and endpoint are both given, expected one of them")
		}
		if !strings.HasPrefix(s.Endpoint, "https://") && !strings.HasPrefix(s.Endpoint, "http://") {
			return fmt.Errorf("endpoint is %q, expected a URL that begins with https:// or http://", s.Endpoint)
		}
		s.Endpoint = strings.TrimRight(s.Endpoint, "/")
	}
	s.Pools = slices.Clone(s.Pools)
	for i := range s.Pools {
		if err := s.Pools[i].prepare(); err != nil {
			return fmt.Errorf("pools[%d]: %w", i, err)
		}
		if err := s.Pools[i].apart(s.Pools[:i]); err != nil {
			return fmt.Errorf("pools[%d]: %w", i, err)
		}
	}
	return nil
}

func (p *Pool) prepare() error {
	if p.Name == "" {
		return errors.New("name is empty")
	}
	if len(p.Addresses) == 0 {
		return fmt.Errorf("%s has no addresses", p.Name)
	}
	p.ranges = nil
	for _, text := range p.Addresses {
		r, err := parseRange(text)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		p.ranges = append(p.ranges, r)
	}
	return nil
}

// apart refuses a name, and addresses, that an earlier pool has.
func (p *Pool) apart(earlier []Pool) error {
	for i := range earlier {
		if earlier[i].Name == p.Name {
			return fmt.Errorf("the name %s is given twice", p.Name)
		}
		for _, r := range p.ranges {
			if slices.ContainsFunc(earlier[i].ranges, r.overlaps) {
				return fmt.Errorf("%s has addresses of %s: %s-%s", p.Name, earlier[i].Name, r.first, r.last)
			}
		}
	}
	return nil
}

// parseRange reads a CIDR, or two addresses with a dash between them.
func parseRange(text string) (addressRange, error) {
	wrong := fmt.Errorf("got addresses %q, expected 192.0.2.0/24 or 192.0.2.10-192.0.2.20", text)
	if first, last, dashed := strings.Cut(text, "-"); dashed {
		r := addressRange{}
		var err error
		if r.first, err = netip.ParseAddr(strings.TrimSpace(first)); err != nil {
			return r, wrong
		}
		if r.last, err = netip.ParseAddr(strings.TrimSpace(last)); err != nil || r.first.Is4() != r.last.Is4() || r.last.Less(r.first) {
			return r, wrong
		}
		return r, nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return addressRange{}, wrong
	}
	prefix = prefix.Masked()
	return addressRange{prefix.Addr(), lastOf(prefix)}, nil
}

// lastOf returns the last address of a prefix.
func lastOf(prefix netip.Prefix) netip.Addr {
	b := prefix.Addr().AsSlice()
	for bit := prefix.Bits(); bit < len(b)*8; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}

func (r addressRange) has(a netip.Addr) bool {
	return a.Is4() == r.first.Is4() && !a.Less(r.first) && !r.last.Less(a)
}

func (r addressRange) overlaps(other addressRange) bool {
	return r.has(other.first) || other.has(r.first)
}

// has reports whether the pool gives out the address.
func (p *Pool) has(a netip.Addr) bool {
	return !p.buggy(a) && slices.ContainsFunc(p.ranges, func(r addressRange) bool { return r.has(a) })
}

func (p *Pool) buggy(a netip.Addr) bool {
	if !p.AvoidBuggyIPs || !a.Is4() {
		return false
	}
	end := a.As4()[3]
	return end == 0 || end == 255
}

func (p *Pool) automatic() bool { return p.AutoAssign == nil || *p.AutoAssign }

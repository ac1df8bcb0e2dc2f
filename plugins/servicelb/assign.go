// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package servicelb

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// holders are the Services that hold an address, by address.
type holders map[netip.Addr][]*Service

// holdersOf returns who holds what among the Services of the class.
func holdersOf(all []Service, class string) holders {
	h := holders{}
	for i := range all {
		if s := &all[i]; s.served(class) {
			for _, a := range s.addresses() {
				h[a] = append(h[a], s)
			}
		}
	}
	return h
}

// free reports whether nobody stands in the way of the Service having the
// address. Where two hold it already, a newer one does not.
func (h holders) free(a netip.Addr, s *Service) bool {
	holds := slices.Contains(s.addresses(), a)
	return !slices.ContainsFunc(h[a], func(other *Service) bool {
		return other.UID != s.UID && !other.shares(s) && (!holds || other.olderThan(s))
	})
}

// assign returns the addresses that the Service is to have: those that it asks
// for; else those that it has, as far as they are still good, and the first free
// ones of its pools.
func (settings *Settings) assign(s *Service, h holders) ([]netip.Addr, error) {
	pools, err := settings.poolsOf(s)
	if err != nil {
		return nil, err
	}
	if wishes := s.requested(); len(wishes) > 0 {
		return grantWishes(s, wishes, pools, h)
	}
	var assigned []netip.Addr
	var missing []string
	for _, family := range s.families() {
		if a, found := find(s, family, pools, h); found {
			assigned = append(assigned, a)
		} else {
			missing = append(missing, family)
		}
	}
	if len(missing) > 0 && (len(assigned) == 0 || s.Spec.IPFamilyPolicy == "RequireDualStack") {
		return nil, fmt.Errorf("no free %s address in %s", strings.Join(missing, " and no free "), names(pools))
	}
	return assigned, nil
}

// poolsOf returns the pools from which the Service may have addresses.
func (settings *Settings) poolsOf(s *Service) ([]*Pool, error) {
	var pools []*Pool
	for i := range settings.Pools {
		p := &settings.Pools[i]
		switch wanted := s.Wishes.Annotations.Pool; {
		case wanted == p.Name:
			return []*Pool{p}, nil
		case wanted == "" && (p.automatic() || len(s.requested()) > 0): // who asks for an address asks for its pool
			pools = append(pools, p)
		}
	}
	if wanted := s.Wishes.Annotations.Pool; wanted != "" {
		return nil, fmt.Errorf("there is no pool %s", wanted)
	}
	if len(pools) == 0 {
		return nil, errors.New("there is no pool for services that ask for none")
	}
	return pools, nil
}

// grantWishes returns the addresses that the Service asks for, if it can have
// all of them.
func grantWishes(s *Service, wishes []string, pools []*Pool, h holders) ([]netip.Addr, error) {
	var granted []netip.Addr
	for _, wish := range wishes {
		a, err := netip.ParseAddr(wish)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s is not an IP address", wish)
		case !slices.Contains(s.families(), familyOf(a)):
			return nil, fmt.Errorf("the service asks for %s and is not of the family %s", a, familyOf(a))
		case slices.ContainsFunc(granted, func(g netip.Addr) bool { return g.Is4() == a.Is4() }):
			return nil, fmt.Errorf("the service asks for two %s addresses, expected one", familyOf(a))
		case !slices.ContainsFunc(pools, func(p *Pool) bool { return p.has(a) }):
			return nil, fmt.Errorf("%s is not in %s", a, names(pools))
		case !h.free(a, s):
			return nil, fmt.Errorf("%s is in use by another service", a)
		}
		granted = append(granted, a)
	}
	return granted, nil
}

// find returns the address of the family that the Service has or can have.
func find(s *Service, family string, pools []*Pool, h holders) (netip.Addr, bool) {
	for _, a := range s.addresses() {
		if familyOf(a) == family && h.free(a, s) && slices.ContainsFunc(pools, func(p *Pool) bool { return p.has(a) }) {
			return a, true
		}
	}
	for _, p := range pools {
		for _, r := range p.ranges {
			if familyOf(r.first) != family {
				continue
			}
			// As many steps as addresses are held at most, however large the range.
			for a := r.first; r.has(a); a = a.Next() {
				if !p.buggy(a) && h.free(a, s) {
					return a, true
				}
			}
		}
	}
	return netip.Addr{}, false
}

func names(pools []*Pool) string {
	all := make([]string, len(pools))
	for i, p := range pools {
		all[i] = p.Name
	}
	return "pool " + strings.Join(all, ", ")
}

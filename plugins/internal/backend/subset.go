// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"slices"
	"strings"
)

// Subset is a part of Endpoints: each address has each port.
type Subset struct {
	Addresses         []Address `json:"addresses,omitempty"`
	NotReadyAddresses []Address `json:"notReadyAddresses,omitempty"`
	Ports             []Port    `json:"ports,omitempty"`
}

// Address is an address in Endpoints.
type Address struct {
	IP        string           `json:"ip"`
	Hostname  string           `json:"hostname,omitempty"`
	NodeName  string           `json:"nodeName,omitempty"`
	TargetRef *ObjectReference `json:"targetRef,omitempty"`
}

// uid returns that of the object behind the address.
func (a *Address) uid() string {
	if a.TargetRef == nil {
		return ""
	}
	return a.TargetRef.UID
}

func compareAddresses(a, b Address) int {
	if by := strings.Compare(a.IP, b.IP); by != 0 {
		return by
	}
	return strings.Compare(a.uid(), b.uid())
}

func sameAddress(a, b Address) bool {
	return a.IP == b.IP && a.Hostname == b.Hostname && a.NodeName == b.NodeName && sameRef(a.TargetRef, b.TargetRef)
}

// SameSubsets reports whether the subsets are the same, in the same order: those
// that are repacked are so if they say the same.
func SameSubsets(a, b []Subset) bool {
	return slices.EqualFunc(a, b, func(a, b Subset) bool {
		return slices.Equal(a.Ports, b.Ports) &&
			slices.EqualFunc(a.Addresses, b.Addresses, sameAddress) &&
			slices.EqualFunc(a.NotReadyAddresses, b.NotReadyAddresses, sameAddress)
	})
}

// who tells addresses apart: pods of the host's network share its IP.
type who struct{ ip, uid string }

// noPort stands for the port of a subset that has none.
var noPort = Port{Port: -1}

// Repack returns subsets that say the same in the one canonical form: no
// address twice at one port, ports that the same addresses have in one subset,
// everything sorted. An address that is said to be ready and not ready is not.
func Repack(subsets []Subset) []Subset {
	addresses := map[who]*Address{}
	ready := map[Port]map[who]bool{}
	for _, s := range subsets {
		ports := s.Ports
		if len(ports) == 0 {
			ports = []Port{noPort}
		}
		for _, port := range ports {
			at := ready[port]
			if at == nil {
				at = map[who]bool{}
				ready[port] = at
			}
			for i := range s.Addresses {
				key := note(addresses, &s.Addresses[i])
				if _, known := at[key]; !known {
					at[key] = true
				}
			}
			for i := range s.NotReadyAddresses {
				at[note(addresses, &s.NotReadyAddresses[i])] = false
			}
		}
	}
	return assemble(addresses, ready)
}

// note keeps the address unless it is known and returns its key.
func note(known map[who]*Address, address *Address) who {
	key := who{address.IP, address.uid()}
	if known[key] == nil {
		known[key] = address
	}
	return key
}

// assemble makes subsets of which address is ready at which port.
func assemble(addresses map[who]*Address, ready map[Port]map[who]bool) []Subset {
	subsets := map[string]*Subset{} // by their addresses
	for port, at := range ready {
		s := &Subset{}
		for key, isReady := range at {
			if isReady {
				s.Addresses = append(s.Addresses, *addresses[key])
			} else {
				s.NotReadyAddresses = append(s.NotReadyAddresses, *addresses[key])
			}
		}
		slices.SortFunc(s.Addresses, compareAddresses)
		slices.SortFunc(s.NotReadyAddresses, compareAddresses)
		key := s.addressesKey()
		if port == noPort {
			key = "" // never together with ports
		}
		if known := subsets[key]; known != nil {
			s = known
		}
		if subsets[key] = s; port != noPort {
			s.Ports = append(s.Ports, port)
		}
	}
	packed := make([]Subset, 0, len(subsets))
	for _, s := range subsets {
		sortPorts(s.Ports)
		packed = append(packed, *s)
	}
	slices.SortFunc(packed, func(a, b Subset) int { return strings.Compare(PortsKey(a.Ports), PortsKey(b.Ports)) })
	return packed
}

// addressesKey returns a text that is the same for the same addresses.
func (s *Subset) addressesKey() string {
	var key strings.Builder
	for _, list := range [][]Address{s.Addresses, s.NotReadyAddresses} {
		for _, address := range list {
			key.WriteString(address.IP + "\x00" + address.uid() + "\x00")
		}
		key.WriteString("\x01")
	}
	return key.String()
}

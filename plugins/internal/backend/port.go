// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Port is a port of a slice or of a subset of Endpoints.
type Port struct {
	Name        string `json:"name"`
	Port        int32  `json:"port"`
	Protocol    string `json:"protocol"`
	AppProtocol string `json:"appProtocol,omitempty"`
}

func comparePorts(a, b Port) int {
	return cmp.Or(
		strings.Compare(a.Name, b.Name), cmp.Compare(a.Port, b.Port),
		strings.Compare(a.Protocol, b.Protocol), strings.Compare(a.AppProtocol, b.AppProtocol))
}

func sortPorts(ports []Port) { slices.SortFunc(ports, comparePorts) }

// PortsKey returns a text that is the same for the same ports, in whatever
// order they are.
func PortsKey(ports []Port) string {
	if !slices.IsSortedFunc(ports, comparePorts) {
		ports = slices.Clone(ports)
		sortPorts(ports)
	}
	var key []byte
	for _, p := range ports {
		key = append(append(key, p.Name...), '\x00')
		key = append(strconv.AppendInt(key, int64(p.Port), 10), '\x00')
		key = append(append(key, p.Protocol...), '\x00')
		key = append(append(key, p.AppProtocol...), '\x00')
	}
	return string(key)
}

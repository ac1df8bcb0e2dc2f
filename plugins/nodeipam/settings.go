// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodeipam

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// Settings are the settings of the plugin, named like the flags of
// kube-controller-manager.
type Settings struct {
	AllocateNodeCIDRs     bool   `json:"allocateNodeCIDRs"`     // false: the plugin does nothing
	ClusterCIDR           string `json:"clusterCIDR"`           // "10.244.0.0/16", or one of each family with a comma between
	NodeCIDRMaskSize      int    `json:"nodeCIDRMaskSize"`      // of a cluster with one family
	NodeCIDRMaskSizeIPv4  int    `json:"nodeCIDRMaskSizeIPv4"`  // 0: 24
	NodeCIDRMaskSizeIPv6  int    `json:"nodeCIDRMaskSizeIPv6"`  // 0: 64
	ServiceClusterIPRange string `json:"serviceClusterIPRange"` // never given to a node; one or two, as clusterCIDR

	pools    []pool         // with nothing taken
	reserved []netip.Prefix // for Services
}

const (
	defaultMaskSizeIPv4 = 24
	defaultMaskSizeIPv6 = 64
	// maxDivision is the binary logarithm of the largest number of ranges that
	// a cluster's range may be divided into.
	maxDivision = 62
)

// prepare checks the settings and works out what they mean.
func (s *Settings) prepare() error {
	if !s.AllocateNodeCIDRs {
		return nil
	}
	clusters, err := parsePrefixes("clusterCIDR", s.ClusterCIDR)
	if err != nil {
		return err
	}
	if len(clusters) == 0 {
		return errors.New("clusterCIDR is empty, expected a range such as 10.244.0.0/16, since allocateNodeCIDRs is set")
	}
	if s.reserved, err = parsePrefixes("serviceClusterIPRange", s.ServiceClusterIPRange); err != nil {
		return err
	}
	if err := s.checkMaskSizes(clusters); err != nil {
		return err
	}
	s.pools = nil
	for _, cluster := range clusters {
		bits := s.maskSize(cluster)
		if division := bits - cluster.Bits(); division < 0 || division > maxDivision || bits > cluster.Addr().BitLen() {
			return errors.New("clusterCIDR " + cluster.String() + " cannot be divided into ranges of /" + strconv.Itoa(bits) +
				", expected a mask size of at least its own, at most " + strconv.Itoa(maxDivision) + " more and at most that of one address")
		}
		s.pools = append(s.pools, newPool(cluster, bits))
	}
	return nil
}

// parsePrefixes reads up to two ranges of different families.
func parsePrefixes(name, text string) ([]netip.Prefix, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var all []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		prefix, err := netip.ParsePrefix(strings.TrimSpace(part))
		if err != nil {
			return nil, errors.New(name + " is " + strconv.Quote(text) + ", expected ranges such as 10.244.0.0/16: " + err.Error())
		}
		all = append(all, prefix.Masked())
	}
	if len(all) > 2 || len(all) == 2 && all[0].Addr().Is4() == all[1].Addr().Is4() {
		return nil, errors.New(name + " is " + strconv.Quote(text) + ", expected one range, or one of IPv4 and one of IPv6")
	}
	return all, nil
}

// checkMaskSizes refuses sizes that mean nothing for the cluster, as
// kube-controller-manager does.
func (s *Settings) checkMaskSizes(clusters []netip.Prefix) error {
	ipv4 := clusters[0].Addr().Is4()
	switch {
	case len(clusters) == 2 && s.NodeCIDRMaskSize != 0:
		return errors.New("nodeCIDRMaskSize is set, expected nodeCIDRMaskSizeIPv4 and nodeCIDRMaskSizeIPv6 for a cluster of both families")
	case s.NodeCIDRMaskSize != 0 && (s.NodeCIDRMaskSizeIPv4 != 0 || s.NodeCIDRMaskSizeIPv6 != 0):
		return errors.New("nodeCIDRMaskSize is set beside that of a family, expected one of them")
	case len(clusters) == 1 && !ipv4 && s.NodeCIDRMaskSizeIPv4 != 0:
		return errors.New("nodeCIDRMaskSizeIPv4 is set, expected nodeCIDRMaskSizeIPv6 for a cluster of IPv6 alone")
	case len(clusters) == 1 && ipv4 && s.NodeCIDRMaskSizeIPv6 != 0:
		return errors.New("nodeCIDRMaskSizeIPv6 is set, expected nodeCIDRMaskSizeIPv4 for a cluster of IPv4 alone")
	}
	return nil
}

// maskSize returns the mask size of a node's range in a cluster's.
func (s *Settings) maskSize(cluster netip.Prefix) int {
	own, otherwise := s.NodeCIDRMaskSizeIPv6, defaultMaskSizeIPv6
	if cluster.Addr().Is4() {
		own, otherwise = s.NodeCIDRMaskSizeIPv4, defaultMaskSizeIPv4
	}
	switch {
	case s.NodeCIDRMaskSize != 0:
		return s.NodeCIDRMaskSize
	case own != 0:
		return own
	}
	return otherwise
}

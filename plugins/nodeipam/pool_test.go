// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodeipam

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func poolOf(cluster string, bits int) pool { return newPool(netip.MustParsePrefix(cluster), bits) }

func TestBlocks(t *testing.T) {
	for _, test := range []struct {
		cluster string
		bits    int
		index   uint64
		want    string
	}{
		{"10.244.0.0/16", 24, 0, "10.244.0.0/24"},
		{"10.244.0.0/16", 24, 255, "10.244.255.0/24"},
		{"10.0.0.0/8", 22, 16383, "10.255.252.0/22"},
		{"10.244.0.0/24", 24, 0, "10.244.0.0/24"},
		{"10.244.0.0/24", 32, 7, "10.244.0.7/32"},
		{"fd00:10:244::/48", 64, 65535, "fd00:10:244:ffff::/64"},
		{"fd00::/56", 72, 257, "fd00:0:0:1:100::/72"},
		{"fd00:1:2:3::/64", 80, 3, "fd00:1:2:3:3::/80"},
		{"fd00:1:2:3::/64", 126, 1<<62 - 1, "fd00:1:2:3:ffff:ffff:ffff:fffc/126"},
		{"fd00:1:2:3::/112", 128, 65535, "fd00:1:2:3::ffff/128"},
	} {
		p := poolOf(test.cluster, test.bits)
		block := p.block(test.index)
		if block.String() != test.want {
			t.Errorf("block %d of %s in /%d: got %s, want %s", test.index, test.cluster, test.bits, block, test.want)
		}
		if got, ok := p.span(block); !ok || got != (span{test.index, test.index}) {
			t.Errorf("span of %s in %s: got %v, %t, want block %d", block, test.cluster, got, ok, test.index)
		}
	}
}

func TestSpan(t *testing.T) {
	for _, test := range []struct {
		reason, of string
		want       span
		ok         bool
	}{
		{"a smaller range takes the block around it", "10.244.3.128/25", span{3, 3}, true},
		{"one address does, too", "10.244.3.9/32", span{3, 3}, true},
		{"a range that is not masked counts as the whole", "10.244.3.9/24", span{3, 3}, true},
		{"a larger range takes several blocks", "10.244.4.0/22", span{4, 7}, true},
		{"one that holds the cluster takes all", "10.0.0.0/8", span{0, 255}, true},
		{"the same range takes all", "10.244.0.0/16", span{0, 255}, true},
		{"one beside the cluster takes nothing", "10.245.0.0/24", span{}, false},
		{"another family takes nothing", "fd00::/64", span{}, false},
	} {
		p := poolOf("10.244.0.0/16", 24)
		if got, ok := p.span(netip.MustParsePrefix(test.of)); got != test.want || ok != test.ok {
			t.Errorf("%s: span(%s) = %v, %t, want %v, %t", test.reason, test.of, got, ok, test.want, test.ok)
		}
	}
}

// TestTakeAndFree compares a pool with a list of flags, at random.
func TestTakeAndFree(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		p := poolOf("10.0.0.0/26", 32)
		taken := make([]bool, p.count)
		for range 40 {
			first := random.Uint64N(p.count)
			s := span{first, min(first+random.Uint64N(3), p.count-1)}
			p.take(s)
			for i := s.first; i <= s.last; i++ {
				taken[i] = true
			}
			start := random.Uint64N(p.count + 1)
			want := slices.Index(append(slices.Clone(taken), taken...)[start:], false)
			got, ok := p.free(start)
			if ok != (want >= 0) || ok && got != (start+uint64(want))%p.count {
				t.Fatalf("free(%d) of %v = %d, %t, want %d behind", start, taken, got, ok, want)
			}
		}
	}
}

func TestSettings(t *testing.T) {
	for _, test := range []struct {
		reason   string
		settings Settings
		want     string // the first block of each family, or a part of the error
	}{
		{"off", Settings{ClusterCIDR: "nonsense"}, ""},
		{"the defaults of IPv4", Settings{ClusterCIDR: "10.244.0.0/16"}, "10.244.0.0/24"},
		{"the defaults of IPv6", Settings{ClusterCIDR: "fd00::/48"}, "fd00::/64"},
		{"host bits do not count", Settings{ClusterCIDR: "10.244.1.2/16"}, "10.244.0.0/24"},
		{"both families in the operator's order", Settings{ClusterCIDR: "fd00::/48, 10.244.0.0/16"}, "fd00::/64 10.244.0.0/24"},
		{"a size for the only family", Settings{ClusterCIDR: "10.244.0.0/16", NodeCIDRMaskSize: 26}, "10.244.0.0/26"},
		{"a size for each family", Settings{ClusterCIDR: "10.244.0.0/16,fd00::/48", NodeCIDRMaskSizeIPv4: 20, NodeCIDRMaskSizeIPv6: 60}, "10.244.0.0/20 fd00::/60"},
		{"no range", Settings{}, "clusterCIDR is empty"},
		{"no range at all", Settings{ClusterCIDR: "10.244.0.0"}, `clusterCIDR is "10.244.0.0"`},
		{"two of one family", Settings{ClusterCIDR: "10.244.0.0/16,10.245.0.0/16"}, "one of IPv4 and one of IPv6"},
		{"three", Settings{ClusterCIDR: "10.244.0.0/16,fd00::/48,fd01::/48"}, "one of IPv4 and one of IPv6"},
		{"one size for two families", Settings{ClusterCIDR: "10.244.0.0/16,fd00::/48", NodeCIDRMaskSize: 24}, "nodeCIDRMaskSize is set"},
		{"two sizes for one family", Settings{ClusterCIDR: "10.244.0.0/16", NodeCIDRMaskSize: 24, NodeCIDRMaskSizeIPv4: 24}, "beside that of a family"},
		{"the size of the other family", Settings{ClusterCIDR: "10.244.0.0/16", NodeCIDRMaskSizeIPv6: 64}, "nodeCIDRMaskSizeIPv6 is set"},
		{"the size of the other family", Settings{ClusterCIDR: "fd00::/48", NodeCIDRMaskSizeIPv4: 24}, "nodeCIDRMaskSizeIPv4 is set"},
		{"larger than the cluster", Settings{ClusterCIDR: "10.244.0.0/25"}, "cannot be divided"},
		{"smaller than an address", Settings{ClusterCIDR: "10.244.0.0/16", NodeCIDRMaskSize: 33}, "cannot be divided"},
		{"too many", Settings{ClusterCIDR: "fd00::/8", NodeCIDRMaskSize: 72}, "cannot be divided"},
		{"Services that are none", Settings{ClusterCIDR: "10.244.0.0/16", ServiceClusterIPRange: "x"}, "serviceClusterIPRange is"},
	} {
		s := test.settings
		s.AllocateNodeCIDRs = test.reason != "off"
		var got []string
		if err := s.prepare(); err != nil {
			got = []string{err.Error()}
		}
		for _, p := range s.pools {
			got = append(got, p.block(0).String())
		}
		if text := strings.Join(got, " "); text != test.want && (len(s.pools) > 0 || test.want == "" || !strings.Contains(text, test.want)) {
			t.Errorf("%s: got %q, want %q", test.reason, text, test.want)
		}
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package verdict

// checkNodes checks that pods can run on each node, and that no two of them
// give out the same addresses.
func (v *verdict) checkNodes() {
	users := map[string]string{}
	for i := range v.Nodes {
		n := &v.Nodes[i]
		same(v, "node "+n.Name, "number of taints", len(n.Spec.Taints), 0)
		same(v, "node "+n.Name, "number of ranges of addresses", len(n.Spec.PodCIDRs), 1)
		for _, cidr := range n.Spec.PodCIDRs {
			if other, taken := users[cidr]; taken {
				v.blame("node %s has the addresses %s of node %s", n.Name, cidr, other)
			}
			users[cidr] = n.Name
		}
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package nodeipam

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// The reasons of events, which people search for.
const (
	reasonNotAvailable     = "CIDRNotAvailable"
	reasonAssignmentFailed = "CIDRAssignmentFailed"
)

// maxPass is to how many nodes one reconcile gives ranges, so that it ends in
// time where the API server or its rate limits are slow.
const maxPass = 100

// reconcile gives ranges to all nodes that have none.
func reconcile(ctx context.Context, _ sdk.Request) (sdk.Result, error) {
	s := settings.Get(ctx)
	if !s.AllocateNodeCIDRs {
		return sdk.Result{}, nil
	}
	some, err := someWait(ctx)
	if err != nil || !some {
		return sdk.Result{}, err
	}
	// What is taken is asked of the API server: a cache can lack what another
	// leader gave away last, or a write of ours whose answer was lost.
	list, err := nodes.List(ctx, sdk.Live())
	if err != nil {
		return sdk.Result{}, err
	}
	return newPass(ctx, s, list).run(ctx, waiting(list))
}

func someWait(ctx context.Context) (bool, error) {
	for node, err := range nodes.All(ctx) {
		if err != nil {
			return false, err
		}
		if node.waits() {
			return true, nil
		}
	}
	return false, nil
}

// waiting returns the nodes that are to be given ranges, the oldest first. The
// order matters, see [pass.run].
func waiting(list []Node) []*Node {
	var all []*Node
	for i := range list {
		if list[i].waits() {
			all = append(all, &list[i])
		}
	}
	slices.SortFunc(all, older)
	return all
}

func older(a, b *Node) int {
	if c := a.Metadata.CreationTimestamp.Compare(b.Metadata.CreationTimestamp.Time); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

// pass gives away what is free in one list of all nodes.
type pass struct {
	pools []pool
	next  []uint64 // of each pool, where to look first
}

// newPass marks what nodes have and what Services need as taken. It looks for
// free blocks behind that of the youngest node, so that one whose node has
// just gone, and whose pods may live on unseen, is taken last.
func newPass(ctx context.Context, s *Settings, list []Node) *pass {
	p := &pass{pools: slices.Clone(s.pools), next: make([]uint64, len(s.pools))}
	for i := range p.pools {
		for _, reserved := range s.reserved {
			if span, ok := p.pools[i].span(reserved); ok {
				p.pools[i].take(span)
			}
		}
	}
	youngest := make([]*Node, len(p.pools))
	for i := range list {
		p.occupy(ctx, &list[i], youngest)
	}
	return p
}

// occupy marks the ranges of a node as taken, wherever they are.
func (p *pass) occupy(ctx context.Context, node *Node, youngest []*Node) {
	ranges := node.Spec.PodCIDRs
	if len(ranges) == 0 && node.Spec.PodCIDR != "" {
		ranges = []string{node.Spec.PodCIDR}
	}
	for _, text := range ranges {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			sdk.LoggerFrom(ctx).Warn("The node has a range that is none", "node", node.Name, "podCIDR", text)
			continue
		}
		within := false
		for i := range p.pools {
			span, ok := p.pools[i].span(prefix)
			if !ok {
				continue
			}
			within = true
			p.pools[i].take(span)
			if youngest[i] == nil || older(youngest[i], node) < 0 {
				youngest[i], p.next[i] = node, span.last+1
			}
		}
		if !within {
			sdk.LoggerFrom(ctx).Debug("the node has a range outside of clusterCIDR", "node", node.Name, "podCIDR", text)
		}
	}
}

// run gives ranges to the nodes one after the other. It ends at the first
// write of which nobody knows whether it was done. The next pass then begins
// with the same node: until that one has a range for good, nobody else can be
// given the range that it may have got, or may still get, by the lost write.
func (p *pass) run(ctx context.Context, nodes []*Node) (sdk.Result, error) {
	var failures []error
	writes := 0
	for _, node := range nodes {
		if writes == maxPass {
			return sdk.Result{RequeueAfter: time.Millisecond}, errors.Join(failures...)
		}
		blocks := p.take()
		if blocks == nil {
			tell(ctx, node, reasonNotAvailable)
			continue
		}
		writes++
		err := assign(ctx, node, blocks)
		switch {
		case err == nil:
			sdk.LoggerFrom(ctx).Info("Gave ranges to the node", "node", node.Name, "podCIDRs", strings.Join(blocks, ","))
		case sdk.IsNotFound(err):
		case sdk.IsConflict(err):
			failures = append(failures, err)
		default:
			tell(ctx, node, reasonAssignmentFailed)
			failures = append(failures, err)
			if !refused(err) {
				return sdk.Result{}, errors.Join(failures...)
			}
		}
	}
	return sdk.Result{}, errors.Join(failures...)
}

// take takes a block of each pool; nil if one of them has none.
func (p *pass) take() []string {
	indexes := make([]uint64, len(p.pools))
	for i := range p.pools {
		var ok bool
		if indexes[i], ok = p.pools[i].free(p.next[i]); !ok {
			return nil
		}
	}
	blocks := make([]string, len(p.pools))
	for i, index := range indexes {
		p.pools[i].take(span{index, index})
		blocks[i] = p.pools[i].block(index).String()
	}
	return blocks
}

// refused reports whether a write that failed was not done for certain.
func refused(err error) bool {
	return sdk.IsInvalid(err) || sdk.IsForbidden(err) || sdk.IsDenied(err)
}

// assign writes ranges into a node, unless anybody has done so meanwhile.
func assign(ctx context.Context, node *Node, blocks []string) error {
	var change struct {
		Spec struct {
			PodCIDR  string   `json:"podCIDR"`
			PodCIDRs []string `json:"podCIDRs"`
		} `json:"spec"`
	}
	change.Spec.PodCIDR, change.Spec.PodCIDRs = blocks[0], blocks
	_, err := nodes.Patch(ctx, node, sdk.MergePatch(change), sdk.PreconditionUID(node.UID), sdk.Unchanged(node))
	return err
}

func tell(ctx context.Context, node *Node, reason string) {
	nodes.Event(ctx, node, sdk.Normal, reason, "Node "+node.Name+" status is now: "+reason)
}

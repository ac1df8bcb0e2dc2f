// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package claim says which objects belong to an owner that selects them by
// their labels, and makes it so: it adopts orphans and releases what the
// selector no longer matches, as the controllers of Kubernetes' workloads do.
package claim

import (
	"context"
	"errors"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Claimer claims children of type C for one owner, in one reconcile.
type Claimer[C any] struct {
	Owner     *sdk.Metadata      // as the cache has it
	Reference sdk.OwnerReference // the entry that makes it the controller owner
	// Selector says which children are to be the owner's. An empty one selects
	// nothing.
	Selector sdk.Selector
	// Children must be declared with [sdk.IndexOwner] and the write "patch".
	Children *sdk.Resource[C]
	Noun     string                 // what errors call a child: "pod"
	Meta     func(*C) *sdk.Metadata // the metadata of a child
	// Live reads the owner's metadata from the API server itself.
	Live func(ctx context.Context) (*sdk.Metadata, error)

	checked bool  // whether Live was asked
	refusal error // why nothing is to be adopted
}

// Candidates returns the children that the owner has and the orphans that its
// selector matches. Live asks the API server for all children that the selector
// matches; those that the owner has and the selector does not match can wait.
func (c *Claimer[C]) Candidates(ctx context.Context, live bool) ([]C, error) {
	namespace, matching := sdk.InNamespace(c.Owner.Namespace), sdk.Matching(c.Selector)
	if live && !c.Selector.Empty() {
		return c.Children.List(ctx, namespace, matching, sdk.Live())
	}
	owned, err := c.Children.List(ctx, namespace, sdk.OwnedBy(c.Owner))
	if err != nil || c.Owner.Deleting() || c.Selector.Empty() {
		return owned, err
	}
	orphans, err := c.Children.List(ctx, namespace, sdk.Orphans(), matching)
	return append(owned, orphans...), err
}

// Claim returns those of the children that are the owner's, after adopting and
// releasing. It tries all of them even if one fails; then the caller must not
// go on, because who counts the wrong children makes or deletes the wrong
// number.
func (c *Claimer[C]) Claim(ctx context.Context, children []*C) ([]*C, error) {
	var claimed []*C
	var failures []error
	for _, child := range children {
		switch c.judge(c.Meta(child)) {
		case keep:
			claimed = append(claimed, child)
		case adopt:
			if adopted, err := c.adopt(ctx, child); err != nil {
				failures = append(failures, err)
			} else if adopted != nil {
				claimed = append(claimed, adopted)
			}
		case release:
			failures = append(failures, c.release(ctx, child))
		}
	}
	return claimed, errors.Join(failures...)
}

// Has reports whether a child is the owner's and matches the selector.
func (c *Claimer[C]) Has(child *C) bool { return c.judge(c.Meta(child)) == keep }

// verdict is what becomes of a child with regard to the owner.
type verdict int

const (
	ignore  verdict = iota // not ours, and not to be ours
	keep                   // ours
	adopt                  // an orphan that is to be ours
	release                // ours, but the selector no longer matches
)

// judge decides about a child of the namespace. An owner that is being deleted
// keeps what it has: it neither adopts nor releases, so that the garbage
// collector finds its children.
func (c *Claimer[C]) judge(child *sdk.Metadata) verdict {
	owner := child.ControllerOwner()
	matches := !c.Selector.Empty() && c.Selector.Matches(child.Labels)
	switch {
	case owner != nil && owner.UID != c.Owner.UID:
		return ignore
	case owner != nil && matches:
		return keep
	case c.Owner.Deleting():
		return ignore
	case owner != nil:
		return release
	case matches && !child.Deleting():
		return adopt
	}
	return ignore
}

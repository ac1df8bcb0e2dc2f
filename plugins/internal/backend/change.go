// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"context"
	"errors"
	"slices"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Draft is a slice as it should be.
type Draft struct {
	Old         *Slice // what it is now; nil: it is to be created
	AddressType string
	Ports       []Port
	Endpoints   []Endpoint
	Labels      sdk.Labels
}

// Changes are what has to be done to the slices of one service.
type Changes struct {
	Create, Update []Draft
	Delete         []*Slice
}

// None reports whether nothing has to be done.
func (c *Changes) None() bool { return len(c.Create)+len(c.Update)+len(c.Delete) == 0 }

// Recycle makes updates of creations for which a slice that was to go can be
// used: one of the same address type, which nobody can change, and of the
// owner.
func (c *Changes) Recycle(kind, uid string) {
	kept := c.Delete[:0]
	for _, gone := range c.Delete {
		i := slices.IndexFunc(c.Create, func(d Draft) bool { return d.AddressType == gone.AddressType })
		if i < 0 || !gone.OwnedBy(kind, uid) {
			kept = append(kept, gone)
			continue
		}
		draft := c.Create[i]
		draft.Old = gone
		c.Create = slices.Delete(c.Create, i, i+1)
		c.Update = append(c.Update, draft)
	}
	c.Delete = kept
}

// Writer writes the slices of one service.
type Writer struct {
	Slices *sdk.Resource[Slice]
	Owner  sdk.OwnerReference
	// Namespace is the namespace of the slices.
	Namespace string
	// Annotate returns the annotations that a slice is to have, of those that it has.
	Annotate func(old sdk.Labels) sdk.Labels
	// Frozen creates none, because the owner is on its way out and somebody
	// else deletes what it owns.
	Frozen bool
}

// Write carries out the changes, up to the first that fails. What cannot be
// created because the namespace is going is no error.
func (w *Writer) Write(ctx context.Context, c Changes) error {
	for _, draft := range c.Create {
		if w.Frozen {
			break
		}
		if err := w.create(ctx, draft); err != nil {
			if NamespaceGoing(err) {
				return nil
			}
			return err
		}
	}
	for _, draft := range c.Update {
		if err := w.update(ctx, draft); err != nil {
			return err
		}
	}
	return w.Delete(ctx, c.Delete)
}

// Delete deletes the slices, up to the first that cannot be deleted. One that
// is gone is well.
func (w *Writer) Delete(ctx context.Context, gone []*Slice) error {
	for _, slice := range gone {
		err := w.Slices.Delete(ctx, slice, sdk.PreconditionUID(slice.UID))
		if sdk.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return nil
}

// NamespaceGoing reports whether the API server refused to create something
// because the namespace is being deleted.
func NamespaceGoing(err error) bool {
	refused := (*sdk.APIError)(nil)
	return errors.As(err, &refused) && slices.Contains(refused.Causes, causeNamespaceTerminating)
}

func (w *Writer) create(ctx context.Context, d Draft) error {
	slice := Slice{AddressType: d.AddressType, Endpoints: list(d.Endpoints), Ports: list(d.Ports)}
	slice.Namespace, slice.GenerateName = w.Namespace, prefix(w.Owner.Name)
	slice.Labels, slice.OwnerReferences = d.Labels, []sdk.OwnerReference{w.Owner}
	slice.Annotations.Annotations = w.Annotate(nil)
	_, err := w.Slices.Create(ctx, &slice)
	return err
}

// maxName is how long a name may be.
const maxName = 253

// prefix returns what the names of the slices of an owner begin with.
func prefix(owner string) string {
	if len(owner) < maxName {
		return owner + "-"
	}
	return owner
}

// update changes everything that the controller has an opinion on, and fails
// if the slice is not as it was read.
func (w *Writer) update(ctx context.Context, d Draft) error {
	var patch struct {
		Metadata struct {
			Labels          map[string]*string   `json:"labels,omitempty"`
			Annotations     map[string]*string   `json:"annotations,omitempty"`
			OwnerReferences []sdk.OwnerReference `json:"ownerReferences,omitempty"`
		} `json:"metadata"`
		Endpoints []Endpoint `json:"endpoints"`
		Ports     []Port     `json:"ports"`
	}
	patch.Metadata.Labels = Difference(d.Old.Labels, d.Labels)
	patch.Metadata.Annotations = Difference(d.Old.Annotations.Annotations, w.Annotate(d.Old.Annotations.Annotations))
	if !d.Old.OwnedBy(w.Owner.Kind, w.Owner.UID) {
		patch.Metadata.OwnerReferences = []sdk.OwnerReference{w.Owner}
	}
	patch.Endpoints, patch.Ports = list(d.Endpoints), list(d.Ports)
	_, err := w.Slices.Patch(ctx, d.Old, sdk.MergePatch(patch), sdk.Unchanged(d.Old), sdk.PreconditionUID(d.Old.UID))
	return err
}

// list makes an empty list of none, which JSON would have as null.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// Difference returns what a merge patch has to say to make the one of the
// other: new values, and nil for keys that go.
func Difference(is, want sdk.Labels) map[string]*string {
	changes := map[string]*string{}
	for _, label := range is {
		if !want.Has(label.Key) {
			changes[label.Key] = nil
		}
	}
	for _, label := range want {
		if value, found := is.Lookup(label.Key); !found || value != label.Value {
			changes[label.Key] = sdk.Ptr(label.Value)
		}
	}
	return changes
}

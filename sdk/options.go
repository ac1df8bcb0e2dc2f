// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import "github.com/wasm-controller-manager/wcm/abi"

// GetOption changes how Get reads: [Live].
type GetOption interface{ get(r *abi.GetRequest) }

// ListOption narrows or changes what List and All read: [InNamespace],
// [OwnedBy], [Orphans], [ByLabel], [ByField], [MatchingLabels], [Matching],
// [Live], [PageSize]. An object must meet all of them. One index at most is used, so of
// OwnedBy, Orphans, ByLabel and ByField the last counts.
type ListOption interface{ list(r *abi.ListRequest) }

// WriteOption changes a write: [InNamespace], [Named], [Subresource],
// [Unchanged], [PreconditionUID], [FieldOwner], [ForceOwnership], [DryRun],
// [GracePeriod], [PropagationPolicy], [Matching], [MatchingLabels], [Answer].
type WriteOption interface{ write(r *write) }

type (
	// LiveOption is what Live returns.
	LiveOption struct{}
	// NamespaceOption is what InNamespace returns.
	NamespaceOption string
	// SelectorOption is what Matching and MatchingLabels return.
	SelectorOption string
	listFunc       func(r *abi.ListRequest)
	writeFunc      func(r *write)
)

func (f listFunc) list(r *abi.ListRequest) { f(r) }
func (f writeFunc) write(r *write)         { f(r) }

// Live reads from the API server instead of the cache: current, and slow.
func Live() LiveOption { return LiveOption{} }

func (LiveOption) get(r *abi.GetRequest)   { r.Live = true }
func (LiveOption) list(r *abi.ListRequest) { r.Live = true }

// PageSize reads a live list in pages of so many objects, for resources of
// which there may be more than are good for one answer.
func PageSize(n uint32) ListOption { return listFunc(func(r *abi.ListRequest) { r.Limit = n }) }

// InNamespace lists the objects of one namespace only, and writes into it.
func InNamespace(namespace string) NamespaceOption { return NamespaceOption(namespace) }

func (n NamespaceOption) list(r *abi.ListRequest) { r.Namespace = string(n) }
func (n NamespaceOption) write(r *write)          { r.Namespace = string(n) }

// Matching selects objects by their labels.
func Matching(s Selector) SelectorOption { return SelectorOption(s.String()) }

// MatchingLabels selects the objects that have all of the labels.
func MatchingLabels(labels Labels) SelectorOption { return Matching(SelectorOf(labels)) }

func (s SelectorOption) list(r *abi.ListRequest) { r.LabelSelector = string(s) }
func (s SelectorOption) write(r *write)          { r.LabelSelector = string(s) }

// OwnedBy lists the objects of which owner is the controller owner. The
// resource must be declared with [IndexOwner].
func OwnedBy(owner Object) ListOption { return byIndex(abi.IndexOwner, "", owner.header().UID) }

// Orphans lists the objects without controller owner. The resource must be
// declared with [IndexOwner].
func Orphans() ListOption { return byIndex(abi.IndexOwner, "", "") }

// ByLabel lists the objects that have the label. The resource must be declared
// with [IndexLabel] of the key.
func ByLabel(key, value string) ListOption { return byIndex(abi.IndexLabel, key, value) }

// ByField lists the objects whose field has the value. The resource must be
// declared with [IndexField] of the path.
func ByField(path, value string) ListOption { return byIndex(abi.IndexField, path, value) }

func byIndex(kind abi.IndexKind, key, value string) ListOption {
	return listFunc(func(r *abi.ListRequest) { r.Index, r.Value = abi.Index{Kind: kind, Key: key}, value })
}

// Named names the object of a write whose body does not, for subresources such
// as a pod's eviction.
func Named(name string) WriteOption { return writeFunc(func(r *write) { r.Name = name }) }

// Subresource writes a part of the object: "status", "scale", "eviction",
// "binding", "token" and so on. Only "status" is given apiVersion and kind of
// the resource; the body of another one names its own.
func Subresource(name string) WriteOption { return writeFunc(func(r *write) { r.Subresource = name }) }

// Unchanged makes the write fail with a conflict if what the plugin reads of
// the object is not what it was when object was read. A change in fields that
// the plugin does not read does not matter.
func Unchanged(object Object) WriteOption {
	version := object.header().ResourceVersion
	return writeFunc(func(r *write) { r.Observed = version })
}

// PreconditionUID makes the write fail with a conflict if the object is not
// the one with this uid, but another one of the same name.
func PreconditionUID(uid string) WriteOption { return writeFunc(func(r *write) { r.UID = uid }) }

// FieldOwner writes as this field manager instead of the plugin's name: as
// "NAME/part", where NAME is the plugin's, or one declared with
// [FieldManagers].
func FieldOwner(manager string) WriteOption {
	return writeFunc(func(r *write) { r.FieldManager = manager })
}

// ForceOwnership lets Apply take fields that another manager owns.
func ForceOwnership() WriteOption { return writeFunc(func(r *write) { r.Force = true }) }

// DryRun has the API server check the write without doing it.
func DryRun() WriteOption { return writeFunc(func(r *write) { r.DryRun = true }) }

// GracePeriod gives a deleted object so many seconds to end.
func GracePeriod(seconds uint32) WriteOption {
	return writeFunc(func(r *write) { r.GracePeriodSeconds = &seconds })
}

// Propagation says what becomes of the objects that a deleted one owns.
type Propagation = abi.Propagation

// The propagation policies.
const (
	Background Propagation = abi.PropagationBackground
	Foreground Propagation = abi.PropagationForeground
	Orphan     Propagation = abi.PropagationOrphan
)

// PropagationPolicy deletes with this policy instead of the resource's own.
func PropagationPolicy(p Propagation) WriteOption {
	return writeFunc(func(r *write) { r.WriteRequest.Propagation = p })
}

// Answer stores what the API server answered for a subresource of another
// kind, a token request for example. It stays empty if the answer is an object
// of the resource.
func Answer(to *Raw) WriteOption { return writeFunc(func(r *write) { r.answer = to }) }

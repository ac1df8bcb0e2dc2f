// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpointslicemirroring

import (
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// mirrored reports whether the Endpoints are to be mirrored, as far as they say.
func (e *Endpoints) mirrored() bool {
	return e.Labels.Get(backend.LabelSkipMirror) != "true" && !e.Annotations.Annotations.Has(backend.AnnotationLeader)
}

// image is the Endpoints as they are to be mirrored.
type image struct {
	drafts  []backend.Draft // one for each subset and address family
	invalid int             // addresses that are none
	surplus int             // addresses beyond the limit
}

// imageOf returns the image, with at most so many addresses of each subset.
func imageOf(e *Endpoints, limit int) image {
	var im image
	for _, subset := range backend.Repack(e.Subsets) {
		byFamily := map[string][]backend.Endpoint{}
		room := limit
		for i := range subset.Addresses {
			im.place(byFamily, &subset.Addresses[i], true, &room)
		}
		for i := range subset.NotReadyAddresses {
			im.place(byFamily, &subset.NotReadyAddresses[i], false, &room)
		}
		for _, family := range []string{backend.IPv4, backend.IPv6} {
			if len(byFamily[family]) > 0 {
				im.drafts = append(im.drafts, backend.Draft{
					AddressType: family, Ports: subset.Ports, Endpoints: byFamily[family], Labels: labelsOf(e),
				})
			}
		}
	}
	return im
}

// place puts an address among those of its family, if there is room.
func (im *image) place(byFamily map[string][]backend.Endpoint, a *backend.Address, ready bool, room *int) {
	ip, family := backend.ParseIP(a.IP)
	switch {
	case family == "":
		im.invalid++
	case *room == 0:
		im.surplus++
	default:
		*room--
		byFamily[family] = append(byFamily[family], backend.Endpoint{
			Addresses: []string{ip}, Conditions: backend.Conditions{Ready: &ready},
			Hostname: a.Hostname, NodeName: a.NodeName, TargetRef: a.TargetRef,
		})
	}
}

// labelsOf returns the labels of the slices: those of the Endpoints and the
// controller's own.
func labelsOf(e *Endpoints) sdk.Labels {
	return e.Labels.With(backend.LabelServiceName, e.Name).With(backend.LabelManagedBy, managedBy)
}

// annotationsOf returns the annotations of the slices: those of the Endpoints
// that are not about the Endpoints themselves.
func annotationsOf(e *Endpoints) sdk.Labels {
	return e.Annotations.Annotations.Without(backend.AnnotationTriggerTime).Without(backend.AnnotationLastApplied)
}

// plan returns the changes that make the existing slices the image.
func plan(e *Endpoints, im image, existing []*backend.Slice) backend.Changes {
	var changes backend.Changes
	annotations := annotationsOf(e)
	slices.SortFunc(existing, func(a, b *backend.Slice) int { return strings.Compare(a.Name, b.Name) })
	used := make([]bool, len(existing))
	for _, draft := range im.drafts {
		i := find(existing, used, &draft)
		if i < 0 {
			changes.Create = append(changes.Create, draft)
			continue
		}
		used[i] = true
		if draft.Old = existing[i]; !upToDate(e, &draft, annotations) {
			changes.Update = append(changes.Update, draft)
		}
	}
	for i, slice := range existing {
		if !used[i] {
			changes.Delete = append(changes.Delete, slice)
		}
	}
	changes.Recycle("Endpoints", e.UID)
	return changes
}

// find returns the index of the first slice that is for the subset and family of
// the draft, -1 if there is none.
func find(existing []*backend.Slice, used []bool, draft *backend.Draft) int {
	for i, slice := range existing {
		if !used[i] && slice.AddressType == draft.AddressType && backend.PortsKey(slice.Ports) == backend.PortsKey(draft.Ports) {
			return i
		}
	}
	return -1
}

// upToDate reports whether the slice that the draft is for says the same.
func upToDate(e *Endpoints, draft *backend.Draft, annotations sdk.Labels) bool {
	old := draft.Old
	if len(old.Endpoints) != len(draft.Endpoints) || !old.OwnedBy("Endpoints", e.UID) ||
		!backend.SameLabels(old.Labels, draft.Labels) || !backend.SameLabels(old.Annotations.Annotations, annotations) {
		return false
	}
	have := make(map[string]*backend.Endpoint, len(old.Endpoints))
	for i := range old.Endpoints {
		have[old.Endpoints[i].Key()] = &old.Endpoints[i]
	}
	for i := range draft.Endpoints {
		is := have[draft.Endpoints[i].Key()]
		if is == nil || !is.Same(&draft.Endpoints[i]) {
			return false
		}
	}
	return true
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
)

func (o *Operator) discover(ctx context.Context, request, buffer []byte) (abi.Status, []byte) {
	var m abi.DiscoverRequest
	if err := m.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	if err := o.Policy.AllowDiscover(); err != nil {
		return o.deny(ctx, buffer, abi.OpDiscover, "", err)
	}
	discovery, err := o.Discover(ctx, m.Live)
	if err != nil {
		return failAPI(buffer, err)
	}
	return abi.StatusOK, discovery.Append(buffer)
}

// isAny reports whether the description has any resource there.
func (o *Operator) isAny(index uint32) bool {
	return int(index) < len(o.Description.Resources) && o.Description.Resources[index].Any()
}

// listGraph answers a list that asks all resources at once: for the object of a
// uid, or for those that it owns. It has what the plugin's views show.
func (o *Operator) listGraph(list *abi.ListRequest, buffer []byte) (abi.Status, []byte) {
	find := o.Graph.Find
	switch list.Index.Kind {
	case abi.IndexUID:
	case abi.IndexOwners:
		find = o.Graph.Dependents
	default:
		return fail(buffer, abi.StatusBadRequest, "list of any resource: expected a target, or the index by uid or by owners")
	}
	answer := buffer
	err := find(list.Value, func(target *abi.Target, rec []byte) {
		answer = abi.AppendListTarget(abi.AppendListItem(answer, rec), target)
	})
	if err != nil {
		return fail(buffer, abi.StatusNotReady, err.Error())
	}
	return abi.StatusOK, answer
}

// awayDiscover leaves the gate while the API server is asked.
func awayDiscover(discover func(context.Context, bool) (*abi.Discovery, error), gate Gate) func(context.Context, bool) (*abi.Discovery, error) {
	return func(ctx context.Context, live bool) (*abi.Discovery, error) {
		gate.Leave()
		defer back(ctx, gate)
		return discover(ctx, live)
	}
}

// metadataOnly reports whether a projection has fields of the metadata alone.
func metadataOnly(projection *record.Shape) bool {
	if projection == nil {
		return false
	}
	for i := range projection.Fields {
		if projection.Fields[i].Name != "metadata" {
			return false
		}
	}
	return true
}

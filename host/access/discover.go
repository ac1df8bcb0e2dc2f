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

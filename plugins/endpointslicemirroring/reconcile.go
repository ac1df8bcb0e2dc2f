// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpointslicemirroring

import (
	"context"
	"strconv"

	"github.com/wasm-controller-manager/wcm/plugins/internal/backend"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// reconcile makes the mirrored slices of one name those of its Endpoints, or
// deletes them if there is nothing to mirror.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	existing, err := backend.SlicesOf(ctx, sliceCache, req.Key, managedBy)
	if err != nil {
		return sdk.Result{}, err
	}
	e, err := custom(ctx, req.Key)
	if err != nil {
		return sdk.Result{}, err
	}
	writer := backend.Writer{Slices: sliceCache, Namespace: req.Namespace}
	if e == nil {
		return sdk.Result{}, writer.Delete(ctx, existing)
	}
	writer.Owner, writer.Frozen = sdk.ControllerRef(e, endpoints), e.Deleting()
	writer.Annotate = func(sdk.Labels) sdk.Labels { return annotationsOf(e) }
	limit := settings.Get(ctx).MaxEndpointsPerSubset
	im := imageOf(e, limit)
	report(ctx, e, &im, limit)
	return sdk.Result{}, writer.Write(ctx, plan(e, im, existing))
}

// custom returns the Endpoints of the name if they are to be mirrored: those of
// a service whose Endpoints nobody makes of pods. It returns nil if there are
// none.
func custom(ctx context.Context, key sdk.Key) (*Endpoints, error) {
	e, err := endpoints.Get(ctx, key)
	if err != nil || !e.mirrored() {
		return nil, sdk.IgnoreNotFound(err)
	}
	service, err := services.Get(ctx, key)
	if err != nil || !service.custom() {
		return nil, sdk.IgnoreNotFound(err)
	}
	return e, nil
}

// report tells of addresses that are not mirrored.
func report(ctx context.Context, e *Endpoints, im *image, limit int) {
	if im.invalid > 0 {
		endpoints.Event(ctx, e, sdk.Warning, "InvalidIPAddress",
			"Skipped "+strconv.Itoa(im.invalid)+" invalid IP addresses when mirroring to EndpointSlices")
	}
	if im.surplus > 0 {
		endpoints.Event(ctx, e, sdk.Warning, "TooManyAddressesToMirror",
			"A max of "+strconv.Itoa(limit)+" addresses can be mirrored to EndpointSlices per Endpoints subset. "+
				strconv.Itoa(im.surplus)+" addresses were skipped")
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command ring is one operator of the nonce ring, which the benchmark of density
// has up to a thousand times: it sees one object, and copies the nonce in it
// to the object of the same name in the next namespace.
//
// tinygo.wasm is the same, compiled by TinyGo; tinygo.sh makes it.
package main

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Ring is an object of the benchmark's own resource.
type Ring struct {
	sdk.Header
	Spec struct {
		Nonce string `json:"nonce"`
	} `json:"spec"`
}

// Settings are those of one operator.
type Settings struct {
	Next string `json:"next"` // namespace that the nonce is copied to
}

var (
	rings    = sdk.NewResource[Ring]("bench.example.com/v1", "rings", "Ring", sdk.Writes("patch"))
	settings = sdk.NewSettings(Settings{})
)

func init() {
	sdk.Register(sdk.Controller{Name: "ring", For: rings, Reconcile: sdk.ReconcilerFunc(reconcile)})
}

func reconcile(ctx context.Context, request sdk.Request) (sdk.Result, error) {
	ring, err := rings.Get(ctx, request.Key)
	if err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	next := sdk.Key{Namespace: settings.Get(ctx).Next, Name: ring.Name}
	nonce := map[string]any{"spec": map[string]string{"nonce": ring.Spec.Nonce}}
	_, err = rings.Patch(ctx, next, sdk.MergePatch(nonce))
	return sdk.Result{}, err
}

func main() {}

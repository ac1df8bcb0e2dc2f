// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command draws is a plugin that answers with random numbers, and with how often
// this instance was asked.
package main

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"

	"github.com/wasm-controller-manager/wcm/sdk"
)

type thing struct{ sdk.Metadata }

var (
	things = sdk.NewResource[thing]("v1", "configmaps", "ConfigMap")
	atInit = rand.Uint64()
	calls  int
)

func init() {
	sdk.Register(sdk.Controller{Name: "draws", For: things, Reconcile: reconcile})
}

func reconcile(context.Context, sdk.Request) (sdk.Result, error) {
	calls++
	var secret [8]byte
	if _, err := crand.Read(secret[:]); err != nil {
		return sdk.Result{}, err
	}
	var seeded maphash.Hash
	return sdk.Result{}, errors.New(fmt.Sprintf("%d %x %x %x %x", calls, atInit, rand.Uint64(), secret, seeded.Sum64()))
}

func main() {}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk_test

import (
	"os"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi/abitest"
)

// TestConformance runs the kit of the contract against a guest of the SDK.
func TestConformance(t *testing.T) { abitest.Run(t, build(t, "./testdata/replicas/guest")) }

// TestConformanceTinyGo does so with one that TinyGo compiled.
func TestConformanceTinyGo(t *testing.T) {
	wasm, err := os.ReadFile("../bench/guests/reader/tinygo.wasm")
	if err != nil {
		t.Fatal(err)
	}
	abitest.Run(t, wasm)
}

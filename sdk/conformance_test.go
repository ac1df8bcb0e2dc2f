// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk_test

import (
	"testing"

	"github.com/wasm-controller-manager/wcm/abi/abitest"
)

// TestConformance runs the kit of the contract against a guest of the SDK.
func TestConformance(t *testing.T) { abitest.Run(t, build(t, "./testdata/replicas/guest")) }

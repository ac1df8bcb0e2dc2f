// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command guest is package replicas as a wasm module.
package main

import _ "github.com/wasm-controller-manager/wcm/sdk/testdata/replicas"

func main() {}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

// TimeoutFor is what the API server is told of the time that is left.
var TimeoutFor = timeoutFor

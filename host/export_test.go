// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

// Resources returns the resources that some plugin has a view of.
func (h *Host) Resources() []string { return h.stores.Resources() }

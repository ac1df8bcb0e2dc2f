// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import "context"

// Resources returns the resources that some plugin has a view of.
func (h *Host) Resources() []string { return h.stores.Resources() }

// ExpireOnce closes the instances that nobody has needed since its last call.
func (h *Host) ExpireOnce(ctx context.Context) { h.expireOnce(ctx) }

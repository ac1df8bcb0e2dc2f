// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"errors"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// Describe makes an instance, asks it what the module is, and closes it. The
// guest gets no operations meanwhile. With module.Inspect it is all that can
// be said of a module without a cluster.
func Describe(ctx context.Context, m *module.Module) (_ *abi.Description, err error) {
	i, err := New(ctx, m, Options{Plugin: m.Info.Digest.Short()})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, i.Close(context.WithoutCancel(ctx))) }()
	return i.Describe(ctx)
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"errors"
	"fmt"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// Describe makes an instance within the limits of o, asks it what the module
// is, and closes it. The guest gets no operations meanwhile. With
// module.Inspect it is all that can be said of a module without a cluster. The
// error is a sentence without its subject, as a module.RefusedError is; it has a
// [*ChoiceError] if controllers are chosen of a module that runs its own whatever
// is chosen.
func Describe(ctx context.Context, m *module.Module, o Options) (_ *abi.Description, err error) {
	o.Plugin, o.Operator = "", nil
	i, err := New(ctx, m, o)
	if tooLarge := (*MemoryError)(nil); errors.As(err, &tooLarge) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("cannot say what it is: %w", err)
	}
	defer func() { err = errors.Join(err, i.Close(context.WithoutCancel(ctx))) }()
	d, err := i.Describe(ctx)
	if wrong := (*DescriptionError)(nil); err != nil && !errors.As(err, &wrong) {
		err = fmt.Errorf("cannot say what it is: %w", err)
	}
	if err == nil {
		err = checkChoice(ctx, m, o, d)
	}
	return d, err
}

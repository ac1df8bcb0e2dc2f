// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"fmt"

	"github.com/wasm-controller-manager/wcm/abi"
)

// What the answers may be that become many small things, in bytes: an entry of
// two bytes takes the host up to two hundred. Real descriptions have a few
// thousand bytes, and a mapping that names more keys than that can as well wake
// everything.
const (
	maxDescription = 256 << 10
	maxMapped      = 1 << 20
)

// bounded is a message that is not decoded when it is longer than most bytes.
type bounded struct {
	decoder
	most int
}

func (m bounded) Decode(b []byte) error {
	if len(b) > m.most {
		return fmt.Errorf("%d bytes, the limit is %d", len(b), m.most)
	}
	return m.decoder.Decode(b)
}

// Describe asks the module what it is and checks the answer with [Validate].
func (i *Instance) Describe(ctx context.Context) (*abi.Description, error) {
	d := &abi.Description{}
	if err := i.exchangeNamed(ctx, abi.ExportDescribe, nil, bounded{d, maxDescription}); err != nil {
		return nil, err
	}
	if err := Validate(d, i.module.Info); err != nil {
		return nil, err
	}
	return d, nil
}

// Configure gives the instance its settings, once and before its first
// reconcile. A guest that does not like them gives a [RejectedError]. A module
// that takes none is not asked.
func (i *Instance) Configure(ctx context.Context, c abi.Configuration) error {
	if i.dead {
		return ErrDead
	}
	if !i.module.Info.HasExport(abi.ExportConfigure) {
		return nil
	}
	i.message = c.Append(i.message[:0])
	r := &abi.Rejection{}
	if err := i.exchangeNamed(ctx, abi.ExportConfigure, i.message, r); err != nil {
		return err
	}
	if r.Message != "" {
		return &RejectedError{Plugin: i.options.Plugin, Message: r.Message}
	}
	return nil
}

// Reconcile asks the guest to reconcile one key. When ctx ends the guest's
// operations answer StatusCanceled; one that goes on calling them regardless
// is trapped.
func (i *Instance) Reconcile(ctx context.Context, r abi.Request) (abi.Outcome, error) {
	i.message = r.Append(i.message[:0])
	if err := i.exchange(ctx, i.reconcile, abi.ExportReconcile, i.message, &i.outcome); err != nil {
		return abi.Outcome{}, err
	}
	return i.outcome, nil
}

// Map asks the guest which keys the change of a watched object wakes. The
// module must export wcm_map, which [Validate] sees to if it maps anything.
func (i *Instance) Map(ctx context.Context, c abi.Change) ([]abi.Request, error) {
	i.message = c.Append(i.message[:0])
	r := &abi.Requests{}
	if err := i.exchangeNamed(ctx, abi.ExportMap, i.message, bounded{r, maxMapped}); err != nil {
		return nil, err
	}
	return r.Requests, nil
}

// exchangeNamed is [Instance.exchange] with an export that is called too
// rarely to hold its handle, and the ten kilobytes of stack in it.
func (i *Instance) exchangeNamed(ctx context.Context, export string, message []byte, answer decoder) error {
	if i.dead {
		return ErrDead
	}
	return i.exchange(ctx, i.guest.ExportedFunction(export), export, message, answer)
}

// Collect lets the guest collect its garbage if it is time to and the module
// exports wcm_gc. It is meant to be called between reconciles.
func (i *Instance) Collect(ctx context.Context) error {
	switch {
	case i.dead:
		return ErrDead
	case !i.pacer.due(i.MemoryBytes()) || !i.module.Info.HasExport(abi.ExportGC):
		return nil
	}
	return i.exchangeNamed(ctx, abi.ExportGC, nil, nil)
}

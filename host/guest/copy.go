// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// origin is all that an _initialize can find out about the plugin that an
// instance is for: instances of one origin may be copies of each other.
func (o *Options) origin() string {
	return fmt.Sprint(o.MemoryLimit, " ", strings.Join(o.Controllers, ","))
}

// DropSnapshot gives up what instances with these options are copies of, which is there
// from the first of them on. Those that are there stay what they are.
func DropSnapshot(m *module.Module, o Options) error {
	o = o.withDefaults()
	return m.DropSnapshot(o.origin())
}

// startFirst starts the first instance of its origin. Before the snapshot is taken
// it belongs to nobody: it has no operations and no log.
func (i *Instance) startFirst(ctx context.Context) (*module.Snapshot, error) {
	i.nobodys = true
	i.options.Operator, i.options.Output = notReady{}, nil
	i.options.Hooks = Hooks{Called: i.options.Hooks.Called}
	if err := i.start(ctx); err != nil {
		return nil, errors.Join(err, i.taken.Close())
	}
	return i.taken, nil
}

// belong gives the first instance to the plugin that wanted it.
func (i *Instance) belong(o Options) {
	i.options, i.nobodys = o, false
	if o.Hooks.Instances != nil {
		o.Hooks.Instances(1)
	}
	i.size = 0
	i.resized()
}

// prepare initializes an instance and takes a snapshot of it, unless it has used
// what it does not have, or cannot renew itself.
func (i *Instance) prepare() error {
	if err := i.initialize(); err != nil || i.acted {
		return err
	}
	s, err := i.module.TakeSnapshot(i.guest)
	if err != nil {
		return err
	}
	i.taken = s
	code, err := i.renew()
	if err == nil && code != 0 {
		i.taken, err = nil, s.Close()
	}
	return err
}

// restore makes a new instance, whose memory is as in the snapshot, a copy.
func (i *Instance) restore() error {
	if err := i.from.Restore(i.guest); err != nil {
		return err
	}
	code, err := i.renew()
	if err == nil && code != 0 { // it could before
		return i.garbage(abi.ExportRenew, fmt.Errorf("it cannot renew a copy, code %d", code))
	}
	return err
}

// renew lets a copy of a guest make its own what it must. The code is 0 if it did.
func (i *Instance) renew() (code uint32, err error) {
	i.stack = [2]uint64{}
	err = i.invoke(i.guest.ExportedFunction(abi.ExportRenew), abi.ExportRenew)
	return uint32(i.stack[0]), err
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// ChoiceError reports that some controllers were chosen of a module that has no
// choice: it does not look at abi.ControllersVariable and runs what it has.
type ChoiceError struct {
	Chosen []string // of [Options]
	Runs   []string // what the module runs, whatever is chosen
}

// Error names the field of the operator's file and what is expected of it.
func (e *ChoiceError) Error() string {
	return fmt.Sprintf("controllers: got [%s], expected no such field: the module runs [%s] whatever is named",
		strings.Join(e.Chosen, ", "), strings.Join(e.Runs, ", "))
}

// stranger is a name that no module knows, since none can be called so.
const stranger = "?"

// checkChoice returns a *ChoiceError if controllers are chosen of a module which
// does not mind. One that describes just what was chosen is taken at its word; of
// others, whose members may have further controllers, it is known by its refusal
// of a name that is not there.
func checkChoice(ctx context.Context, m *module.Module, o Options, d *abi.Description) error {
	runs := make([]string, len(d.Controllers))
	for i := range d.Controllers {
		runs[i] = d.Controllers[i].Name
	}
	if len(o.Controllers) == 0 || slices.Equal(slices.Sorted(slices.Values(o.Controllers)), slices.Sorted(slices.Values(runs))) {
		return nil
	}
	chosen := o.Controllers
	o.Controllers = []string{stranger}
	i, err := New(ctx, m, o)
	if refuses := (*TrapError)(nil); errors.As(err, &refuses) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(fmt.Errorf("is none to choose from: %w", &ChoiceError{Chosen: chosen, Runs: runs}),
		i.Close(context.WithoutCancel(ctx)), DropSnapshot(m, o))
}

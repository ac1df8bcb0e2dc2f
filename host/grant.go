// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"fmt"

	"github.com/wasm-controller-manager/wcm/host/grant"
)

// ungrantedError reports a module that was not granted what it cannot work
// without. The sentence lacks its subject, as those of module.Inspect do.
type ungrantedError struct {
	manifest string // the path of the operator's file
	missing  grant.Grants
}

// Error has all that is missing, ready for the operator's file.
func (e *ungrantedError) Error() string {
	return fmt.Sprintf("lacks grants for what it reads and calls; to allow it, add to %s: grants: %s", e.manifest, e.missing)
}

// grant sets what the version may do. A module that would see nothing of a
// resource that it watches, or could never make a call that it is made for, is
// refused; one that lacks grants for writes may be meant to.
func (h *Host) grant(v *version, manifest string) error {
	v.policy = grant.NewPolicy(v.plugin, v.description, v.manifest.Grants)
	if missing := v.policy.Missing(); !missing.Empty() {
		return &ungrantedError{manifest, missing}
	}
	if missing := v.policy.MissingWrites(); !missing.Empty() {
		h.Logger.Warn("Plugin wants writes that it is not granted, they will be denied", "plugin", v.plugin, "missing", "grants: "+missing.String())
	}
	for _, key := range v.description.Sign {
		if !h.SigningKeys.Has(key) {
			h.Logger.Warn("Plugin wants a signing key that the host does not have", "plugin", v.plugin, "key", key)
		}
	}
	return nil
}

// shows returns the filter of a view, nil if there is nothing to hide, so that
// plugins without limits pay nothing.
func shows(view *grant.View) func(namespace, name string) bool {
	if view.Everything() {
		return nil
	}
	return view.Has
}

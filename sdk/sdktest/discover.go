// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"slices"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
)

// Serve makes the API server serve exactly these resources to a plugin that
// discovers them or works with any resource. What the plugin declares by name
// is served anyway, and discovered if it is here too.
func (e *Env) Serve(resources ...sdk.APIResource) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.served = slices.Clone(resources)
}

func (e *Env) discover(buffer []byte) ([]byte, error) {
	if !e.description.Discover {
		return nil, &sdk.APIError{Status: abi.StatusDenied, Message: "discovery is not declared with sdk.WantDiscovery"}
	}
	if err := e.hook(Operation{Op: abi.OpDiscover}); err != nil {
		return nil, err
	}
	m := abi.Discovery{Failed: e.Undiscovered}
	for i := range e.served {
		m.Resources = append(m.Resources, abi.APIResource(e.served[i]))
	}
	return m.Append(buffer), nil
}

// target returns the resource that the target of a request is, as the plugin
// sees any resource.
func (e *Env) target(described *abi.Resource, target *abi.Target) (*abi.Resource, error) {
	for i := range e.served {
		if s := &e.served[i]; s.Group == target.Group && s.Version == target.Version && s.Resource == target.Resource {
			r := resourceOf(s)
			r.Projection, r.Reads, r.Writes = described.Projection, described.Reads, described.Writes
			return r, nil
		}
	}
	return nil, &sdk.APIError{Status: abi.StatusNotFound, Reason: "NotFound", Message: "the server serves no " + target.String()}
}

func resourceOf(s *sdk.APIResource) *abi.Resource {
	return &abi.Resource{Group: s.Group, Version: s.Version, Resource: s.Resource, Kind: s.Kind}
}

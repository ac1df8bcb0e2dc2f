// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Scope says whether objects of a resource live in namespaces.
type Scope struct {
	Namespaced bool
	Kind       string
}

// UnservedError reports a resource that the API server does not serve (yet):
// a condition, not a failure, because a CustomResourceDefinition may still come.
type UnservedError struct{ Target Target }

// Error names the resource.
func (e *UnservedError) Error() string {
	group := e.Target.Version
	if e.Target.Group != "" {
		group = e.Target.Group + "/" + e.Target.Version
	}
	return fmt.Sprintf("the API server serves no resource %s in %s", e.Target.Resource, group)
}

// Discover asks the API server for the scope of a resource. The error is an
// [UnservedError] if it answers but does not serve the resource.
func (c *Client) Discover(ctx context.Context, t Target) (Scope, error) {
	path := t.root()
	body, err := raw(c.reads.Get().AbsPath(path).Do(ctx))
	if status, _ := StatusOf(err); err != nil {
		if status == abi.StatusNotFound {
			return Scope{}, &UnservedError{Target: t}
		}
		return Scope{}, fmt.Errorf("discover %s: %w", path, err)
	}
	var list metav1.APIResourceList
	if err := json.Unmarshal(body, &list); err != nil {
		return Scope{}, fmt.Errorf("discover %s: %w", path, err)
	}
	for i := range list.APIResources {
		if r := &list.APIResources[i]; r.Name == t.Resource {
			return Scope{Namespaced: r.Namespaced, Kind: r.Kind}, nil
		}
	}
	return Scope{}, &UnservedError{Target: t}
}

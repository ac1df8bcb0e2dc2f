// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// Schema returns the OpenAPI schema of a resource as the API server publishes
// it, decoded from JSON; nil if it publishes none. Only those of
// CustomResourceDefinitions are whole: the schemas of built-in resources
// consist of references.
func (c *Client) Schema(ctx context.Context, t Target) (map[string]any, error) {
	path := []string{"/openapi/v3/api", t.Version}
	if t.Group != "" {
		path = []string{"/openapi/v3/apis", t.Group, t.Version}
	}
	body, err := c.reads.Get().AbsPath(path...).SetHeader("Accept", contentJSON).Do(ctx).Raw()
	if err != nil {
		return nil, fmt.Errorf("schema of %s: %w", strings.Join(path, "/"), err)
	}
	var document struct {
		Components struct {
			Schemas map[string]map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return nil, fmt.Errorf("schema of %s: %w", strings.Join(path, "/"), err)
	}
	for _, schema := range document.Components.Schemas {
		if describes(schema, t) {
			return schema, nil
		}
	}
	return nil, nil
}

// describes reports whether a schema is that of the target's kind.
func describes(schema map[string]any, t Target) bool {
	kinds, _ := schema["x-kubernetes-group-version-kind"].([]any)
	for _, k := range kinds {
		kind, _ := k.(map[string]any)
		if kind["group"] == t.Group && kind["version"] == t.Version && kind["kind"] == t.Kind {
			return true
		}
	}
	return false
}

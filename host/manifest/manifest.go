// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package manifest reads NAME.yaml, the operator's file beside a module:
// settings that go to the plugin, and what the host holds the plugin to.
package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	kubejson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/wasm-controller-manager/wcm/host/grant"
)

// Manifest is what an operator says about one plugin, with every default
// filled in.
type Manifest struct {
	// Settings are the plugin's own, as JSON; nil if the file gives none.
	Settings json.RawMessage
	// ServiceAccount is the name of the plugin's identity; empty: the
	// plugin's name.
	ServiceAccount string
	Grants         grant.Grants
	Limits         Limits
	Rollback       Rollback
}

// file is the schema of NAME.yaml.
type file struct {
	Settings       json.RawMessage `json:"settings"`
	ServiceAccount string          `json:"serviceAccount"`
	Grants         grant.Grants    `json:"grants"`
	Limits         limitsFile      `json:"limits"`
	Rollback       rollbackFile    `json:"rollback"`
}

// Parse reads the content of a file; an empty one gives the defaults and
// grants nothing. Unknown fields are refused, since a misspelt limit that does
// nothing is worse than an error. The error lists everything that is wrong.
func Parse(content []byte) (*Manifest, error) {
	tree, err := yaml.YAMLToJSONStrict(content)
	if err != nil {
		return nil, fmt.Errorf("operator's file: %w", err)
	}
	var f file
	unknown, err := kubejson.UnmarshalStrict(tree, &f)
	if err != nil {
		return nil, fmt.Errorf("operator's file: %w", err)
	}
	m := &Manifest{ServiceAccount: f.ServiceAccount, Grants: f.Grants}
	if string(f.Settings) != "null" {
		m.Settings = f.Settings
	}
	var limits, rollback error
	m.Limits, limits = f.Limits.parse()
	m.Rollback, rollback = f.Rollback.parse()
	if err := errors.Join(slices.Concat(unknown, m.Grants.Problems("grants."), []error{limits, rollback})...); err != nil {
		return nil, fmt.Errorf("operator's file: %w", err)
	}
	return m, nil
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package manifest reads NAME.yaml, the operator's file beside a module:
// settings that go to the plugin, and what the host holds the plugin to.
package manifest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/wasm-controller-manager/wcm/host/grant"
)

// Manifest is what an operator says about one plugin, with every default
// filled in.
type Manifest struct {
	// Controllers are those that the plugin has of a module with several; empty:
	// all of them.
	Controllers []string
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
	Controllers    []string        `json:"controllers"`
	Settings       json.RawMessage `json:"settings"`
	ServiceAccount string          `json:"serviceAccount"`
	Grants         grant.Grants    `json:"grants"`
	Limits         limitsFile      `json:"limits"`
	Rollback       rollbackFile    `json:"rollback"`
}

// Parse reads the content of a file; an empty one gives the defaults and
// grants nothing. Unknown fields are refused, since a misspelt limit that does
// nothing is worse than an error. The error lists everything that is wrong, a
// line for each, with the path of the field; which file it is the caller knows.
func Parse(content []byte) (*Manifest, error) {
	text, err := yaml.YAMLToJSONStrict(content)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	var f file
	if tree == nil { // nothing but comments
		return f.parse()
	}
	problems := misfits("", tree, reflect.TypeFor[file]())
	if err := json.Unmarshal(text, &f); err != nil { // of which problems say more
		return nil, cmp.Or(errors.Join(problems...), err)
	}
	m, err := f.parse()
	if err := errors.Join(append(problems, err)...); err != nil {
		return nil, err
	}
	return m, nil
}

// parse checks what the fields hold.
func (f *file) parse() (*Manifest, error) {
	m := &Manifest{Controllers: f.Controllers, ServiceAccount: f.ServiceAccount, Grants: f.Grants}
	if string(f.Settings) != "null" {
		m.Settings = f.Settings
	}
	problems := append(controllerProblems(f.Controllers), m.Grants.Problems("grants.")...)
	if name := f.ServiceAccount; name != "" && len(validation.IsDNS1123Subdomain(name)) > 0 {
		problems = append(problems, fmt.Errorf("serviceAccount: got %q, expected the name of a ServiceAccount", name))
	}
	var limits, rollback error
	m.Limits, limits = f.Limits.parse()
	m.Rollback, rollback = f.Rollback.parse()
	return m, errors.Join(append(problems, limits, rollback)...)
}

// controllerProblems returns what is wrong with the names of controllers. Which
// ones there are the module knows.
func controllerProblems(names []string) []error {
	var problems []error
	for i, name := range names {
		switch at := fmt.Sprintf("controllers[%d]", i); {
		case len(validation.IsDNS1123Label(name)) > 0:
			problems = append(problems, fmt.Errorf("%s: got %q, expected the name of a controller", at, name))
		case slices.Contains(names[:i], name):
			problems = append(problems, fmt.Errorf("%s: %s is named twice", at, name))
		}
	}
	return problems
}

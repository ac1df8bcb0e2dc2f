// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package resourcequota

import "slices"

// Requirement is one condition on what a quota is for.
type Requirement struct {
	ScopeName string   `json:"scopeName"`
	Operator  string   `json:"operator"`
	Values    []string `json:"values"`
}

// scopes returns all conditions of a quota, of both fields that have some.
func (s *Spec) scopes() []Requirement {
	all := slices.Clone(s.ScopeSelector.MatchExpressions)
	for _, name := range s.Scopes {
		all = append(all, Requirement{ScopeName: name, Operator: "Exists"})
	}
	return all
}

// meetAll reports whether an object meets all conditions.
func meetAll[T any](object *T, scopes []Requirement, meets func(*T, *Requirement) bool) bool {
	for i := range scopes {
		if !meets(object, &scopes[i]) {
			return false
		}
	}
	return true
}

func podMeets(p *Pod, r *Requirement) bool {
	switch r.ScopeName {
	case "Terminating":
		return p.terminates()
	case "NotTerminating":
		return !p.terminates()
	case "BestEffort":
		return p.Status.QOSClass == "BestEffort"
	case "NotBestEffort":
		return p.Status.QOSClass != "BestEffort"
	case "PriorityClass":
		return r.selects(p.Spec.PriorityClassName)
	case "CrossNamespacePodAffinity":
		return p.Spec.Affinity.Pod.crosses() || p.Spec.Affinity.Anti.crosses()
	}
	return false
}

// noneMeets is for resources that have no scopes: a quota with one is not for
// them.
func noneMeets[T any](*T, *Requirement) bool { return false }

func claimMeets(c *Claim, r *Requirement) bool {
	if r.ScopeName != "VolumeAttributesClass" {
		return false
	}
	none := true
	for _, class := range c.attributes() {
		if class == "" {
			continue
		}
		if none = false; r.selects(class) {
			return true
		}
	}
	return none && r.selects("")
}

// selects reports whether the condition holds for the name of a class, which is
// empty where there is none.
func (r *Requirement) selects(class string) bool {
	switch r.Operator {
	case "In":
		return class != "" && slices.Contains(r.Values, class)
	case "NotIn":
		return class == "" || !slices.Contains(r.Values, class)
	case "Exists":
		return class != ""
	case "DoesNotExist":
		return class == ""
	}
	return false
}

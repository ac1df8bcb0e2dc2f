// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"reflect"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Effective returns what of the grants a module can use: rules for what it
// wants, each for one group and one resource without wildcards, in the order of
// the description, with the limits under which it is granted. Of a module that
// wants any resource the rules have the groups and resources of the grants.
func Effective(d *abi.Description, g Grants) []Resource {
	var rules []Resource
	for i := range d.Resources {
		r := &d.Resources[i]
		for _, verb := range wantedVerbs(d, uint32(i)) {
			for _, rule := range g.granting(r, verb) {
				rules = merge(rules, rule)
			}
		}
	}
	return rules
}

// wantedVerbs returns what the description wants of a resource.
func wantedVerbs(d *abi.Description, index uint32) []string {
	r := &d.Resources[index]
	return slices.Concat(cacheVerbs(d, index), r.Reads, r.Writes)
}

// granting returns the rules that allow a verb, narrowed to it: one without
// limits makes all others superfluous.
func (g *Grants) granting(r *abi.Resource, verb string) []Resource {
	subresource, name := splitVerb(verb)
	var granting []Resource
	for i := range g.Resources {
		rule := g.Resources[i]
		if r.Any() {
			if rule.allowsAny(subresource, name) {
				rule.Resources, rule.Verbs = rule.withSubresource(subresource), []string{name}
				granting = append(granting, rule)
			}
			continue
		}
		if !rule.allows(r.Group, r.Resource, subresource, name) {
			continue
		}
		rule.Groups, rule.Resources, rule.Verbs = []string{r.Group}, []string{joined(r.Resource, subresource)}, []string{name}
		if p := rule.part(); p.in("") && !p.named() {
			return []Resource{rule}
		}
		granting = append(granting, rule)
	}
	return granting
}

// withSubresource returns the resources of the rule that have a subresource, or
// those without if it is empty.
func (r *Resource) withSubresource(subresource string) []string {
	var paths []string
	for _, path := range r.Resources {
		switch _, of, _ := strings.Cut(path, "/"); {
		case of == subresource:
			paths = append(paths, path)
		case path == all:
			paths = append(paths, joined(all, subresource))
		}
	}
	return paths
}

// merge adds a rule for one verb to another that differs in nothing else.
func merge(rules []Resource, rule Resource) []Resource {
	for i := range rules {
		same := rules[i]
		verbs := same.Verbs
		same.Verbs = rule.Verbs
		if !reflect.DeepEqual(same, rule) {
			continue
		}
		if !slices.Contains(verbs, rule.Verbs[0]) {
			rules[i].Verbs = append(slices.Clone(verbs), rule.Verbs[0])
		}
		return rules
	}
	return append(rules, rule)
}

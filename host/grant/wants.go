// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"slices"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Wanted returns the grants that allow everything that a module wants and
// nothing else: what an operator who trusts it completely would write.
func Wanted(d *abi.Description) Grants {
	g := Grants{
		Sign: slices.Clone(d.Sign), FieldManagers: slices.Clone(d.FieldManagers), Discover: d.Discover,
	}
	for i := range d.Resources {
		for _, verb := range wantedVerbs(d, uint32(i)) {
			g.add(&d.Resources[i], verb)
		}
	}
	g.HTTP = httpOf(d.HTTP)
	return g
}

// add makes the grants allow a verb of a resource, in a rule per resource and
// subresource.
func (g *Grants) add(r *abi.Resource, verb string) {
	subresource, name := splitVerb(verb)
	path := joined(r.Resource, subresource)
	i := slices.IndexFunc(g.Resources, func(rule Resource) bool {
		return rule.Groups[0] == r.Group && rule.Resources[0] == path
	})
	if i < 0 {
		i = len(g.Resources)
		g.Resources = append(g.Resources, Resource{Groups: []string{r.Group}, Resources: []string{path}})
	}
	if rule := &g.Resources[i]; !slices.Contains(rule.Verbs, name) {
		rule.Verbs = append(rule.Verbs, name)
	}
}

// Missing returns the grants without which the module cannot work at all: a
// resource that it reads or watches and of which it would see nothing, a server
// that it would never reach, a key that would never sign. It is empty if there
// are none.
func (p *Policy) Missing() Grants {
	d := p.description
	g := Grants{
		HTTP:      missingHTTP(d.HTTP, p.grants.HTTP),
		Resources: p.missing(func(i int) []string { return slices.Concat(cacheVerbs(d, uint32(i)), d.Resources[i].Reads) }),
		Sign:      without(d.Sign, p.grants.Sign),
		Discover:  d.Discover && !p.grants.Discover,
	}
	return g
}

// MissingWrites returns the grants for writes that the module wants and that
// would always be denied. It may do without them, so this is for a warning.
func (p *Policy) MissingWrites() Grants {
	return Grants{
		Resources:     p.missing(func(i int) []string { return p.description.Resources[i].Writes }),
		FieldManagers: without(p.description.FieldManagers, p.grants.FieldManagers),
	}
}

// missing returns rules for those of the wanted verbs that are granted for no
// object of their resource.
func (p *Policy) missing(wanted func(resource int) []string) []Resource {
	var g Grants
	for i := range p.resources {
		for _, verb := range wanted(i) {
			if scope := p.resources[i].scopes[verb]; scope.Nothing() {
				g.add(&p.description.Resources[i], verb)
			}
		}
	}
	return g.Resources
}

// without returns the elements of a list that are not among others.
func without(list, others []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(others, s) })
}

// Empty reports whether the grants allow nothing.
func (g *Grants) Empty() bool {
	return len(g.Resources)+len(g.HTTP)+len(g.Sign)+len(g.FieldManagers) == 0 && !g.Discover
}

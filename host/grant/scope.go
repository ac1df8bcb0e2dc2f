// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Scope is the part of a resource's objects on which a verb is granted. The
// zero value is nothing. It is immutable and safe for concurrent use.
type Scope struct {
	parts []part // an object is in the scope if it is in one of them
}

// part is what one rule adds to a scope; nil and empty fields do not limit it.
type part struct {
	namespaces map[string]bool
	names      map[string]bool
	prefixes   []string
}

func (p *part) named() bool { return len(p.names) > 0 || len(p.prefixes) > 0 }

// in reports whether the part reaches into a namespace; "" stands for no
// namespace, and for all of them.
func (p *part) in(namespace string) bool { return p.namespaces == nil || p.namespaces[namespace] }

func (p *part) has(name string) bool {
	return !p.named() || p.names[name] || hasPrefix(name, p.prefixes)
}

func hasPrefix(name string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// Nothing reports whether no object can be in the scope.
func (s *Scope) Nothing() bool { return len(s.parts) == 0 }

// Everything reports whether every object is in the scope.
func (s *Scope) Everything() bool { return s.Whole("") }

// Has reports whether an object is in the scope. The namespace of
// cluster-scoped objects is empty.
func (s *Scope) Has(namespace, name string) bool {
	for i := range s.parts {
		if p := &s.parts[i]; p.in(namespace) && p.has(name) {
			return true
		}
	}
	return false
}

// maxGenerateName is how much of a generateName API servers use.
const maxGenerateName = 58

// HasGenerated reports whether every object is in the scope whose name the API
// server makes of a generateName.
func (s *Scope) HasGenerated(namespace, generateName string) bool {
	generateName = generateName[:min(len(generateName), maxGenerateName)]
	for i := range s.parts {
		p := &s.parts[i]
		if p.in(namespace) && (!p.named() || hasPrefix(generateName, p.prefixes)) {
			return true
		}
	}
	return false
}

// Reaches reports whether the scope has objects of a namespace, or of any if
// it is empty: whether there is anything to list there.
func (s *Scope) Reaches(namespace string) bool {
	if namespace == "" {
		return !s.Nothing()
	}
	return s.in(namespace)
}

// in reports whether the scope has objects of a namespace, or cluster-scoped
// ones if it is empty.
func (s *Scope) in(namespace string) bool {
	return slices.ContainsFunc(s.parts, func(p part) bool { return p.in(namespace) })
}

// Whole reports whether the scope has all objects of a namespace, or of the
// cluster if it is empty.
func (s *Scope) Whole(namespace string) bool {
	return slices.ContainsFunc(s.parts, func(p part) bool { return p.in(namespace) && !p.named() })
}

// namespaces returns the namespaces of the objects in the scope, sorted; nil if
// these may be any.
func (s *Scope) namespaces() []string {
	all := map[string]bool{}
	for i := range s.parts {
		if s.parts[i].namespaces == nil {
			return nil
		}
		maps.Copy(all, s.parts[i].namespaces)
	}
	return append([]string{}, slices.Sorted(maps.Keys(all))...)
}

// View is the part of a resource that a plugin sees in the cache: what is in
// each of several scopes. The zero value shows everything.
type View struct{ scopes []Scope }

// viewOf leaves out scopes that hide nothing more.
func viewOf(scopes ...Scope) View {
	var v View
	for _, s := range scopes {
		known := slices.ContainsFunc(v.scopes, func(o Scope) bool { return reflect.DeepEqual(o, s) })
		if !known && !s.Everything() {
			v.scopes = append(v.scopes, s)
		}
	}
	return v
}

// Everything reports whether the view shows every object.
func (v *View) Everything() bool { return len(v.scopes) == 0 }

// Namespaces returns all namespaces of which the view may show something, sorted;
// nil if these may be any.
func (v *View) Namespaces() []string {
	var least []string
	for i := range v.scopes {
		namespaces := v.scopes[i].namespaces()
		if namespaces != nil && (least == nil || len(namespaces) < len(least)) {
			least = namespaces
		}
	}
	return least
}

// Reaches reports whether the view can show objects of a namespace, or any if
// it is empty.
func (v *View) Reaches(namespace string) bool {
	for i := range v.scopes {
		if !v.scopes[i].Reaches(namespace) {
			return false
		}
	}
	return true
}

// Has reports whether the view shows an object.
func (v *View) Has(namespace, name string) bool {
	for i := range v.scopes {
		if !v.scopes[i].Has(namespace, name) {
			return false
		}
	}
	return true
}

// Scope returns the objects on which the grants allow a verb, such as "get", of
// a resource; the subresource may be empty. Wildcards mean what they mean to
// RBAC: "*" is every verb, every group, and every resource with all of its
// subresources; "*/scale" is the scale of every resource. Resource "pods" is
// not "pods/status".
func (g *Grants) Scope(group, resource, subresource, verb string) Scope {
	var s Scope
	for i := range g.Resources {
		rule := &g.Resources[i]
		if rule.allows(group, resource, subresource, verb) {
			s.parts = append(s.parts, rule.part())
		}
	}
	return s
}

// anyScope returns the objects of any resource on which the grants allow a
// verb: whether there are such, and where. What of them are those of one
// resource is not known before it is named.
func (g *Grants) anyScope(subresource, verb string) Scope {
	var s Scope
	for i := range g.Resources {
		if rule := &g.Resources[i]; rule.allowsAny(subresource, verb) {
			s.parts = append(s.parts, rule.part())
		}
	}
	return s
}

// allowsAny reports whether the rule is about a verb of some resource.
func (r *Resource) allowsAny(subresource, verb string) bool {
	return oneOf(r.Verbs, verb) && slices.ContainsFunc(r.Resources, func(path string) bool {
		_, of, _ := strings.Cut(path, "/")
		return of == subresource || path == all
	})
}

const all = abi.AnyResource

func oneOf(granted []string, wanted string) bool {
	return slices.Contains(granted, wanted) || slices.Contains(granted, all)
}

// allows reports whether the rule is about a verb of a resource, within limits.
func (r *Resource) allows(group, resource, subresource, verb string) bool {
	return oneOf(r.Verbs, verb) && oneOf(r.Groups, group) && r.names(resource, subresource)
}

// names reports whether the rule names a resource.
func (r *Resource) names(resource, subresource string) bool {
	if subresource == "" {
		return oneOf(r.Resources, resource)
	}
	return oneOf(r.Resources, resource+"/"+subresource) || slices.Contains(r.Resources, all+"/"+subresource)
}

func (r *Resource) part() part {
	return part{namespaces: setOf(r.Namespaces), names: setOf(r.Names), prefixes: r.NamePrefixes}
}

// setOf returns nil for an empty list.
func setOf(list []string) map[string]bool {
	if len(list) == 0 {
		return nil
	}
	set := make(map[string]bool, len(list))
	for _, s := range list {
		set[s] = true
	}
	return set
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/grant"
)

func (v *validator) resource(n int) {
	r := &v.description.Resources[n]
	subject := "resource " + r.String()
	if r.Any() {
		v.anyResource(subject, r)
	} else {
		v.names(subject, r)
	}
	for _, other := range v.description.Resources[:n] {
		if other.Group == r.Group && other.Version == r.Version && other.Resource == r.Resource {
			v.problem(subject, "resource", "is described twice")
		}
	}
	v.projection(subject, r)
	for n, index := range r.Indexes {
		v.index(subject, r, index, slices.Contains(r.Indexes[:n], index))
	}
	for _, w := range r.Writes {
		v.verb(r, "writes", w, writeVerbs)
	}
	for _, w := range r.Reads {
		v.verb(r, "reads", w, readVerbs)
	}
}

// anyResource checks what is meant to be any resource.
func (v *validator) anyResource(subject string, r *abi.Resource) {
	for _, field := range [][2]string{{"version", r.Version}, {"resource", r.Resource}, {"kind", r.Kind}} {
		if field[1] != abi.AnyResource {
			v.problem(subject, field[0], "%q in the group %q, expected it to be any as well", field[1], r.Group)
		}
	}
	if len(r.Indexes) > 0 {
		v.problem(subject, "indexes", "any resource is not cached")
	}
}

// names checks what is to be one resource.
func (v *validator) names(subject string, r *abi.Resource) {
	if r.Group != "" && !isDomain(r.Group) {
		v.problem(subject, "group", "%q is no DNS name", r.Group)
	}
	if !isLabel(r.Version) {
		v.problem(subject, "version", "%q is no DNS label", r.Version)
	}
	switch {
	case !isLabel(r.Resource):
		v.problem(subject, "resource", "%q is no plural name in lower case", r.Resource)
	case r.Resource == "watch" || r.Resource == "proxy":
		v.problem(subject, "resource", "is a path of the API that leads to other resources")
	}
	if r.Kind == "" {
		v.problem(subject, "kind", "is empty")
	}
}

func (v *validator) projection(subject string, r *abi.Resource) {
	switch {
	case r.Projection == nil && r.ProjectionHash != 0:
		v.problem(subject, "projection_hash", "0x%016x without a projection", r.ProjectionHash)
	case r.Projection == nil:
	case !v.shape(subject, "projection", r.Projection):
	case r.Projection.Hash() != r.ProjectionHash:
		v.problem(subject, "projection_hash", "0x%016x, the projection's is 0x%016x", r.ProjectionHash, r.Projection.Hash())
	}
}

func (v *validator) index(subject string, r *abi.Resource, index abi.Index, repeated bool) {
	switch {
	case repeated:
		v.problem(subject, "indexes", "%s is declared twice", indexName(index))
	case r.Projection == nil:
		v.problem(subject, "indexes", "%s without a projection", indexName(index))
	case index.Kind == abi.IndexNone || index.Kind > abi.IndexField:
		v.problem(subject, "indexes", "unknown kind %d", index.Kind)
	case index.Kind == abi.IndexOwner && index.Key != "":
		v.problem(subject, "indexes", "%s takes no key", indexName(index))
	case index.Kind != abi.IndexOwner && index.Key == "":
		v.problem(subject, "indexes", "%s needs a key", indexName(index))
	case index.Kind == abi.IndexField:
		v.path(subject, "indexes", index.Key, r.Projection)
	}
}

func indexName(i abi.Index) string {
	name := [...]string{"none", "owner", "label", "field"}
	if int(i.Kind) >= len(name) {
		return "unknown"
	}
	return strings.TrimSpace(name[i.Kind] + " " + i.Key)
}

// The verbs of what a module can want to do to a resource, besides reading it
// from the cache.
var (
	writeVerbs = []string{"create", "update", "patch", "delete", "deletecollection"}
	readVerbs  = []string{"get", "list"}
)

// verb checks "verb" and "subresource/verb". Lists and collections have no
// subresources.
func (v *validator) verb(r *abi.Resource, field, want string, known []string) {
	subject, verb := "resource "+r.String(), want
	if subresource, after, found := strings.Cut(want, "/"); found {
		verb = after
		switch {
		case !isLabel(subresource):
			v.problem(subject, field, "%q: %q is no subresource", want, subresource)
		case r.Group == "" && r.Resource == "namespaces" && !grant.PartOfNamespace(subresource):
			v.problem(subject, field, "%q: leads to the objects in the namespace; describe %s", want, subresource)
		case verb == "list" || verb == "deletecollection":
			v.problem(subject, field, "%q: subresources have no %s", want, verb)
		}
	}
	if !slices.Contains(known, verb) {
		v.problem(subject, field, "%q: unknown verb, expected one of %s", want, strings.Join(known, ", "))
	}
}

// path checks a path such as spec.nodeName. The field need not be in the
// projection, since the host also keeps what it needs itself, but if it is, it
// must be one that a name can stand in.
func (v *validator) path(subject, field, path string, projection *record.Shape) {
	if strings.Contains("."+path+".", "..") {
		v.problem(subject, field, "%q is no path, expected names with dots between", path)
		return
	}
	s := fieldAt(projection, path)
	if s == nil {
		return
	}
	switch s.Kind {
	case record.Bool, record.Int, record.String, record.IntOrString:
	default:
		v.problem(subject, field, "%s is a %s in the projection, expected a string, a number or a bool", path, s.Signature())
	}
}

// fieldAt returns the field of a projection by its path, nil if it has none.
func fieldAt(s *record.Shape, path string) *record.Shape {
	if s == nil {
		return nil
	}
	name, rest, deeper := strings.Cut(path, ".")
	for n := range s.Fields {
		f := &s.Fields[n]
		if f.Name != name {
			continue
		}
		if !deeper {
			return &f.Shape
		}
		if found := fieldAt(&f.Shape, rest); found != nil {
			return found
		}
	}
	return nil
}

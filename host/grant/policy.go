// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"reflect"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Policy decides what one plugin may do: what its module wants and what its
// operator grants. It is immutable and safe for concurrent use.
type Policy struct {
	plugin      string
	description *abi.Description
	grants      Grants
	wantedHTTP  []HTTP
	resources   []decided
}

// decided is what is settled about one resource of the description.
type decided struct {
	scopes map[string]Scope // by verb as the description has it: "get", "status/patch"; those that are wanted
	view   View
}

// NewPolicy returns the policy of a plugin. It keeps the description and the
// grants, which must not change any more.
func NewPolicy(plugin string, d *abi.Description, g Grants) *Policy {
	p := &Policy{plugin: plugin, description: d, grants: g, wantedHTTP: httpOf(d.HTTP)}
	for i := range d.Resources {
		p.resources = append(p.resources, p.decide(uint32(i)))
	}
	return p
}

func (p *Policy) decide(index uint32) decided {
	r := &p.description.Resources[index]
	o := decided{scopes: map[string]Scope{}}
	for _, verb := range wantedVerbs(p.description, index) {
		subresource, name := splitVerb(verb)
		o.scopes[verb] = p.grants.Scope(r.Group, r.Resource, subresource, name)
		if r.Any() {
			o.scopes[verb] = p.grants.anyScope(subresource, name)
		}
	}
	var cached []Scope
	for _, verb := range cacheVerbs(p.description, index) {
		cached = append(cached, o.scopes[verb])
	}
	o.view = viewOf(cached...)
	return o
}

// Same reports whether two policies for one description allow the same.
func (p *Policy) Same(other *Policy) bool {
	ours, theirs := p.grants, other.grants
	if !slices.ContainsFunc(p.description.Resources, func(r abi.Resource) bool { return r.Any() }) {
		ours.Resources, theirs.Resources = nil, nil // resources says what of them matters
	}
	return reflect.DeepEqual(p.resources, other.resources) && reflect.DeepEqual(ours, theirs)
}

// cacheVerbs returns the verbs for which the description wants a cache of a
// resource: nil if for none.
func cacheVerbs(d *abi.Description, index uint32) []string {
	if d.Resources[index].Cached() {
		return []string{"get", "list", "watch"}
	}
	for _, c := range d.Controllers {
		if slices.ContainsFunc(c.Watches, func(w abi.Watch) bool { return w.Resource == index }) {
			return []string{"list", "watch"}
		}
	}
	return nil
}

// splitVerb splits a verb of a description: "status/patch".
func splitVerb(verb string) (subresource, name string) {
	if before, after, found := strings.Cut(verb, "/"); found {
		return before, after
	}
	return "", verb
}

// View returns what the plugin sees of a resource in the cache: the objects
// for which each verb is granted that the cache stands for, get, list and watch,
// or the last two if the resource is only watched.
func (p *Policy) View(resource uint32) *View { return &p.resources[resource].view }

// ViewOf is [Policy.View] of a resource where the description has any resource
// and watches it: the objects for which list and watch are granted, and whether
// there can be such.
func (p *Policy) ViewOf(group, resource string) (view *View, some bool) {
	list, watch := p.grants.Scope(group, resource, "", "list"), p.grants.Scope(group, resource, "", "watch")
	v := viewOf(list, watch)
	return &v, !list.Nothing() && !watch.Nothing()
}

// Object is the object of an operation.
type Object struct {
	Resource uint32 // index in the description
	// Target is the resource if the description has any resource there.
	Target    *abi.Target
	Namespace string // empty for cluster-scoped objects, and for all namespaces of a list
	Name      string
	// GenerateName is set for an object whose name the API server is to make.
	GenerateName string
}

// Allow returns nil if the plugin may perform a verb, as the description has it
// ("get", "status/patch"), on an object; else a [*DeniedError].
func (p *Policy) Allow(verb string, o Object) error {
	return p.allow(verb, o, func(s *Scope) bool {
		if o.GenerateName != "" {
			return s.HasGenerated(o.Namespace, o.GenerateName)
		}
		return s.Has(o.Namespace, o.Name)
	})
}

// AllowCached returns nil if the cache shows the plugin an object.
func (p *Policy) AllowCached(o Object) error {
	if p.View(o.Resource).Has(o.Namespace, o.Name) {
		return nil
	}
	return p.deniedCached("get", o, func(s *Scope) bool { return s.Has(o.Namespace, o.Name) })
}

// AllowCachedList returns nil if a list from the cache can have objects of a
// namespace, or of any if it is empty. It has those that the view shows.
func (p *Policy) AllowCachedList(resource uint32, namespace string) error {
	if p.View(resource).Reaches(namespace) {
		return nil
	}
	o := Object{Resource: resource, Namespace: namespace}
	return p.deniedCached("list", o, func(s *Scope) bool { return s.Reaches(namespace) })
}

// deniedCached explains what the view does not show: by the verb that the
// operation is if that lacks, else by one of the others that the view needs.
func (p *Policy) deniedCached(verb string, o Object, within func(*Scope) bool) error {
	for _, verb := range append([]string{verb}, cacheVerbs(p.description, o.Resource)...) {
		if err := p.allow(verb, o, within); err != nil {
			return err
		}
	}
	return p.denied(verb, o, true)
}

// AllowList returns what a live list in the namespace of o, or in all if it is
// empty, may show; an error if nothing. With limits, a list is no refusal but
// incomplete. Only the resource and the namespace of o count.
func (p *Policy) AllowList(o Object) (*Scope, error) {
	err := p.allow("list", o, func(s *Scope) bool { return s.Reaches(o.Namespace) })
	scope, _ := p.scope("list", o)
	return &scope, err
}

// AllowCollection returns nil if the plugin may delete all objects of the
// namespace of o, whatever they are called.
func (p *Policy) AllowCollection(o Object) error {
	return p.allow("deletecollection", o, func(s *Scope) bool { return s.Whole(o.Namespace) })
}

func (p *Policy) allow(verb string, o Object, within func(*Scope) bool) error {
	scope, wanted := p.scope(verb, o)
	if wanted && within(&scope) {
		return nil
	}
	return p.denied(verb, o, wanted)
}

// scope returns the objects of the resource of o on which a verb is granted,
// and whether the description wants it.
func (p *Policy) scope(verb string, o Object) (scope Scope, wanted bool) {
	scope, wanted = p.resources[o.Resource].scopes[verb]
	if wanted && o.Target != nil { // settled for each resource when it is asked for
		subresource, name := splitVerb(verb)
		scope = p.grants.Scope(o.Target.Group, o.Target.Resource, subresource, name)
	}
	return scope, wanted
}

// AllowEvent returns nil if the plugin may report events about an object: if
// it may do anything else with it. Events are shown to people as news of the
// object, so they are for those who have to do with it.
func (p *Policy) AllowEvent(o Object) error {
	for verb := range p.resources[o.Resource].scopes {
		if scope, _ := p.scope(verb, o); scope.Has(o.Namespace, o.Name) {
			return nil
		}
	}
	return p.deniedEvent(o)
}

// AllowFieldManager returns nil if the plugin may write as a field manager: as
// itself, as a part of itself ("NAME/part"), or under another name that is both
// wanted and granted.
func (p *Policy) AllowFieldManager(name string) error {
	if abi.OwnFieldManager(p.plugin, name) {
		return nil
	}
	wanted := slices.Contains(p.description.FieldManagers, name)
	if wanted && slices.Contains(p.grants.FieldManagers, name) {
		return nil
	}
	return p.deniedCall("write as field manager "+quote(name), wanted,
		"field_managers", Grants{FieldManagers: []string{name}})
}

// AllowHTTP returns nil if the plugin may send a request with the method to an
// endpoint.
func (p *Policy) AllowHTTP(method string, to Endpoint) error {
	wanted := WantsHTTP(p.wantedHTTP, method, to)
	if wanted && AllowsHTTP(p.grants.HTTP, method, to) {
		return nil
	}
	missing := HTTP{Hosts: []string{to.Authority()}, Methods: []string{method}, Plain: to.Plain}
	return p.deniedCall(method+" "+to.String(), wanted, "http", Grants{HTTP: []HTTP{missing}})
}

// AllowDiscover returns nil if the plugin may ask which resources the API
// server has.
func (p *Policy) AllowDiscover() error {
	if p.description.Discover && p.grants.Discover {
		return nil
	}
	return p.deniedCall("ask which resources there are", p.description.Discover, "discover", Grants{Discover: true})
}

// AllowSign returns nil if a key may sign for the plugin.
func (p *Policy) AllowSign(key string) error {
	wanted := slices.Contains(p.description.Sign, key)
	if wanted && slices.Contains(p.grants.Sign, key) {
		return nil
	}
	return p.deniedCall("sign with key "+quote(key), wanted, "sign", Grants{Sign: []string{key}})
}

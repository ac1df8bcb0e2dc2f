// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"fmt"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
)

// DeniedError reports something that a plugin may not do.
type DeniedError struct {
	Plugin string
	Act    string // what, "delete secrets in namespace \"kube-system\""
	// Reason is what is missing: a grant in the words of the operator's file,
	// or the wish in the description of the module.
	Reason string
}

// Error is a sentence for the author of the plugin and for its operator.
func (e *DeniedError) Error() string {
	return fmt.Sprintf("denied: plugin %s may not %s: %s", quote(e.Plugin), e.Act, e.Reason)
}

// denied explains why a verb is not allowed on an object.
func (p *Policy) denied(verb string, o Object, wanted bool) error {
	described, r := &p.description.Resources[o.Resource], p.resource(o)
	subresource, name := splitVerb(verb)
	e := &DeniedError{Plugin: p.plugin, Act: act(name, qualified(r.Group, r.Resource, subresource), o)}
	if !wanted {
		field := "writes"
		if name == "get" || name == "list" {
			field = "reads"
		}
		e.Reason = fmt.Sprintf("the module does not ask for it: %s of %s lack %q", field, described, verb)
		return e
	}
	missing := Resource{Groups: []string{r.Group}, Resources: []string{joined(r.Resource, subresource)}, Verbs: []string{name}}
	if o.Namespace != "" {
		missing.Namespaces = []string{o.Namespace}
	}
	if scope, _ := p.scope(verb, o); scope.in(o.Namespace) { // another name would do
		missing.Names, missing.NamePrefixes = o.limits()
	}
	e.Reason = "grant missing: " + missing.String()
	return e
}

// resource returns the group and the name of the resource of an object.
func (p *Policy) resource(o Object) *abi.Target {
	if o.Target != nil {
		return o.Target
	}
	r := &p.description.Resources[o.Resource]
	return &abi.Target{Group: r.Group, Resource: r.Resource}
}

// limits returns the narrowest limits of a rule for the object.
func (o *Object) limits() (names, prefixes []string) {
	switch {
	case o.GenerateName != "":
		return nil, []string{o.GenerateName}
	case o.Name != "":
		return []string{o.Name}, nil
	}
	return nil, nil
}

// act words what is done: "patch deployments.apps/status \"web\" in namespace \"a\"".
func act(verb, resource string, o Object) string {
	var b strings.Builder
	b.WriteString(verb + " " + resource)
	switch {
	case o.GenerateName != "":
		b.WriteString(" " + quote(o.GenerateName+"*"))
	case o.Name != "":
		b.WriteString(" " + quote(o.Name))
	}
	if o.Namespace != "" {
		b.WriteString(" in namespace " + quote(o.Namespace))
	}
	return b.String()
}

func (p *Policy) deniedEvent(o Object) error {
	r := p.resource(o)
	return &DeniedError{
		Plugin: p.plugin, Act: act("report events about", qualified(r.Group, r.Resource, ""), o),
		Reason: "it may neither read nor write the object",
	}
}

// deniedCall explains why something is not allowed that is no verb of a
// resource.
func (p *Policy) deniedCall(what string, wanted bool, field string, missing Grants) error {
	e := &DeniedError{Plugin: p.plugin, Act: what, Reason: "grant missing: " + missing.String()}
	if !wanted {
		e.Reason = "the module does not ask for it in " + field
	}
	return e
}

// qualified names a resource as kubectl does: "deployments.apps/status".
func qualified(group, resource, subresource string) string {
	if group != "" {
		resource += "." + group
	}
	return joined(resource, subresource)
}

// joined names a resource as rules do: "deployments/status".
func joined(resource, subresource string) string {
	if subresource == "" {
		return resource
	}
	return resource + "/" + subresource
}

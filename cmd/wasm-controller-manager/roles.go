// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// roles are what somebody may do in the words of RBAC. Of a plugin it knows less
// than grants: what it cannot say stands in comments, and is held by the host alone.
type roles struct {
	name       string // of the roles and bindings
	subject    subject
	cluster    []roleRule
	namespaced map[string][]roleRule
}

// subject is whose the roles are. A ServiceAccount is made with them.
type subject struct {
	kind, name string
	namespace  string // of a ServiceAccount
}

const (
	serviceAccount = "ServiceAccount"
	user           = "User"
)

// roleRule is one rule of a role.
type roleRule struct {
	groups, resources, verbs, names []string
	comments                        []string
}

// newRoles returns the roles for what a module wants and is granted.
func newRoles(p *plugin, g grant.Grants) *roles {
	r := &roles{name: "wcm:" + p.name(), namespaced: map[string][]roleRule{}}
	effective := grant.Effective(p.description, g)
	for _, rule := range effective {
		for _, part := range rulesOf(&rule) {
			r.add(rule.Namespaces, part)
		}
	}
	r.addOwners(p.description, effective)
	if importsEvent(p.info) {
		r.addEvents()
	}
	return r
}

func (r *roles) add(namespaces []string, rule roleRule) {
	if len(namespaces) == 0 {
		r.cluster = append(r.cluster, rule)
	}
	for _, namespace := range namespaces {
		r.namespaced[namespace] = append(r.namespaced[namespace], rule)
	}
}

// unnamed are the verbs whose requests name no object, so that RBAC cannot
// limit them to names.
var unnamed = []string{"create", "deletecollection"}

// rulesOf turns a rule of grants into rules of RBAC.
func rulesOf(rule *grant.Resource) []roleRule {
	whole := roleRule{groups: rule.Groups, resources: rule.Resources, verbs: rule.Verbs}
	if len(rule.NamePrefixes) > 0 {
		limits := "begin with " + list(rule.NamePrefixes)
		if len(rule.Names) > 0 {
			limits = "are " + list(rule.Names) + " or " + limits
		}
		whole.comments = []string{"RBAC knows no prefixes: the host holds the plugin to names that " + limits + "."}
		return []roleRule{whole}
	}
	if len(rule.Names) == 0 {
		return []roleRule{whole}
	}
	var rules []roleRule
	named := slices.DeleteFunc(slices.Clone(rule.Verbs), func(v string) bool { return slices.Contains(unnamed, v) })
	if len(named) > 0 {
		one := roleRule{groups: rule.Groups, resources: rule.Resources, verbs: named, names: rule.Names}
		if slices.Contains(named, "list") {
			one.comments = []string{"The host's cache is not affected by names; a live list will be forbidden."}
		}
		rules = append(rules, one)
	}
	if rest := slices.DeleteFunc(slices.Clone(rule.Verbs), func(v string) bool { return slices.Contains(named, v) }); len(rest) > 0 {
		whole.verbs = rest
		whole.comments = []string{"RBAC cannot limit " + strings.Join(rest, ", ") + " to names: the host holds the plugin to " + list(rule.Names) + "."}
		rules = append(rules, whole)
	}
	return rules
}

// addOwners lets a plugin that creates objects make them hold up the deletion of
// those that it makes them for. Where the API server enforces that
// (OwnerReferencesPermissionEnforcement), it takes a right to their finalizers:
// to a subresource that there is not, so it is good for nothing else.
func (r *roles) addOwners(d *abi.Description, effective []grant.Resource) {
	namespaces, creates := placesOfCreates(effective)
	if !creates {
		return
	}
	for i := range d.Controllers {
		for _, w := range d.Controllers[i].Watches {
			if w.Mapping != abi.MapFor || d.Resources[w.Resource].Any() {
				continue
			}
			of := &d.Resources[w.Resource]
			r.add(namespaces, roleRule{
				groups: []string{of.Group}, resources: []string{of.Resource + "/finalizers"}, verbs: []string{"update"},
				comments: []string{"It makes objects that hold up the deletion of these, their owners."},
			})
		}
	}
}

// placesOfCreates returns the namespaces in which rules allow to create
// objects, none if it is everywhere.
func placesOfCreates(rules []grant.Resource) (namespaces []string, creates bool) {
	for _, rule := range rules {
		if !slices.Contains(rule.Verbs, "create") || strings.Contains(rule.Resources[0], "/") {
			continue
		}
		if len(rule.Namespaces) == 0 {
			return nil, true
		}
		namespaces, creates = append(namespaces, rule.Namespaces...), true
	}
	slices.Sort(namespaces)
	return slices.Compact(namespaces), creates
}

func importsEvent(info *module.Info) bool {
	return slices.ContainsFunc(info.Imports, func(f module.Function) bool {
		return f.Module == abi.ImportModule && f.Name == abi.OpEvent.String()
	})
}

// addEvents lets the plugin report Events wherever it does something.
func (r *roles) addEvents() {
	rule := roleRule{
		groups: []string{"", "events.k8s.io"}, resources: []string{"events"}, verbs: []string{"create", "patch"},
		comments: []string{"It reports Events about these objects."},
	}
	if len(r.cluster) > 0 {
		r.cluster = append(r.cluster, rule)
		return
	}
	for namespace := range r.namespaced {
		r.namespaced[namespace] = append(r.namespaced[namespace], rule)
	}
}

// String returns all objects as YAML.
func (r *roles) String() string {
	var b strings.Builder
	if r.subject.kind == serviceAccount {
		fmt.Fprintf(&b, "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: %s\n  namespace: %s\n", r.subject.name, r.subject.namespace)
	}
	if len(r.cluster) > 0 {
		r.write(&b, "Cluster", "", r.cluster)
	}
	for _, namespace := range slices.Sorted(maps.Keys(r.namespaced)) {
		r.write(&b, "", namespace, r.namespaced[namespace])
	}
	return strings.TrimPrefix(b.String(), "---\n")
}

// write writes a role and its binding; the kind's prefix is Cluster or nothing.
func (r *roles) write(b *strings.Builder, prefix, namespace string, rules []roleRule) {
	metadata := "metadata:\n  name: " + r.name + "\n"
	if namespace != "" {
		metadata += "  namespace: " + namespace + "\n"
	}
	fmt.Fprintf(b, "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: %sRole\n%srules:\n", prefix, metadata)
	for _, rule := range rules {
		rule.write(b)
	}
	fmt.Fprintf(b, "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: %sRoleBinding\n%s", prefix, metadata)
	fmt.Fprintf(b, "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: %sRole\n  name: %s\n", prefix, r.name)
	b.WriteString("subjects:\n")
	r.subject.write(b)
}

func (s *subject) write(b *strings.Builder) {
	if s.kind == serviceAccount {
		fmt.Fprintf(b, "- kind: ServiceAccount\n  name: %s\n  namespace: %s\n", s.name, s.namespace)
		return
	}
	fmt.Fprintf(b, "- apiGroup: rbac.authorization.k8s.io\n  kind: %s\n  name: %s\n", s.kind, strconv.QuoteToASCII(s.name))
}

func (r *roleRule) write(b *strings.Builder) {
	for _, comment := range r.comments {
		fmt.Fprintf(b, "# %s\n", comment)
	}
	fmt.Fprintf(b, "- apiGroups: %s\n  resources: %s\n  verbs: %s\n", list(r.groups), list(r.resources), list(r.verbs))
	if len(r.names) > 0 {
		fmt.Fprintf(b, "  resourceNames: %s\n", list(r.names))
	}
}

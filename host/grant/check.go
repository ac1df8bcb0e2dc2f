// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"fmt"
	"slices"
	"strings"
)

// verbs are those that a rule can have, in the order in which people list them.
var verbs = []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}

// Problems returns everything that is wrong with the grants. Each error begins
// with the path of its field, behind the prefix: "grants." where they stand in an
// operator's file. Rules that allow nothing, or more than they say, are mistakes.
func (g *Grants) Problems(prefix string) []error {
	var c checker
	for i := range g.Resources {
		c.rule(fmt.Sprintf("%sresources[%d]", prefix, i), &g.Resources[i])
	}
	c.each(prefix+"sign", g.Sign, func(key string) string {
		if key == "" {
			return "the name of a key of the host"
		}
		return ""
	})
	c.each(prefix+"fieldManagers", g.FieldManagers, func(name string) string {
		if name == "" || len(name) > 128 || unfitManager(name) {
			return "a field manager, 1 to 128 printable characters"
		}
		return ""
	})
	for i := range g.HTTP {
		c = append(c, g.HTTP[i].Problems(fmt.Sprintf("%shttp[%d]", prefix, i))...)
	}
	return c
}

// checker collects problems.
type checker []error

func (c *checker) problem(field, format string, arguments ...any) {
	*c = append(*c, fmt.Errorf("%s: %s", field, fmt.Sprintf(format, arguments...)))
}

// each checks the elements of a list; expected says what an element that is
// wrong should have been, and "" of one that is right.
func (c *checker) each(field string, list []string, expected func(string) string) {
	for i, s := range list {
		if e := expected(s); e != "" {
			c.problem(fmt.Sprintf("%s[%d]", field, i), "got %s, expected %s", quote(s), e)
		}
	}
}

func (c *checker) rule(field string, r *Resource) {
	for _, list := range []struct {
		name, expected string
		values         []string
	}{
		{"groups", `API groups, [""] for the core group`, r.Groups},
		{"resources", "names of resources", r.Resources},
		{"verbs", strings.Join(verbs, ", "), r.Verbs},
	} {
		if len(list.values) == 0 {
			c.problem(field+"."+list.name, "is empty, so the rule allows nothing; expected %s", list.expected)
		}
	}
	c.each(field+".groups", r.Groups, wrongGroup)
	c.each(field+".resources", r.Resources, wrongResource)
	c.each(field+".verbs", r.Verbs, wrongVerb)
	c.each(field+".namespaces", r.Namespaces, wrongNamespace)
	c.each(field+".names", r.Names, wrongName)
	c.each(field+".namePrefixes", r.NamePrefixes, wrongName)
	if len(r.Names)+len(r.NamePrefixes) > 0 && slices.Contains(r.Verbs, "deletecollection") {
		c.problem(field+".verbs", "deletecollection deletes objects of any name, so it cannot stand in a rule with names or namePrefixes")
	}
}

func wrongGroup(group string) string {
	if group == "" || group == all {
		return ""
	}
	for label := range strings.SplitSeq(group, ".") {
		if !isLabel(label) {
			return `an API group such as apps, "" for the core group, or "*"`
		}
	}
	return ""
}

func wrongResource(path string) string {
	resource, subresource, divided := strings.Cut(path, "/")
	switch {
	case path == all, !divided && isLabel(resource), divided && isLabel(subresource) && (resource == all || isLabel(resource)):
		return ""
	case divided && subresource == all:
		return "each subresource by its name, as in RBAC: pods/status, or */scale"
	}
	return `a resource such as pods, pods/status, */scale or "*"`
}

func wrongVerb(verb string) string {
	switch {
	case verb == all || slices.Contains(verbs, verb):
		return ""
	case verb == "apply":
		return "patch, of which apply is one kind"
	}
	return "one of " + strings.Join(verbs, ", ") + ` or "*"`
}

func wrongNamespace(namespace string) string {
	switch {
	case isLabel(namespace):
		return ""
	case namespace == all:
		return "names of namespaces; without namespaces the rule is for all"
	}
	return "the name of a namespace"
}

func wrongName(name string) string {
	switch {
	case name == all:
		return "names of objects; without names and namePrefixes the rule is for all"
	case name == "" || unfit(name) != "":
		return "a name of an object"
	}
	return ""
}

func unfitManager(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool { return !isPrint(r) })
}

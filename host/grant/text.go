// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"strconv"
	"strings"
)

// String writes the grants as a line of YAML that can be put behind `grants:`
// in an operator's file.
func (g Grants) String() string {
	var f flow
	f.objects("resources", len(g.Resources), func(i int) string { return g.Resources[i].String() })
	f.objects("http", len(g.HTTP), func(i int) string { return g.HTTP[i].String() })
	f.texts("sign", g.Sign)
	f.texts("fieldManagers", g.FieldManagers)
	f.flag("discover", g.Discover)
	return f.String()
}

// String writes the rule as an element of `grants.resources`.
func (r Resource) String() string {
	var f flow
	f.texts("groups", r.Groups)
	f.texts("resources", r.Resources)
	f.texts("verbs", r.Verbs)
	f.texts("namespaces", r.Namespaces)
	f.texts("names", r.Names)
	f.texts("namePrefixes", r.NamePrefixes)
	return f.String()
}

// String writes the rule as an element of `grants.http`.
func (h HTTP) String() string {
	var f flow
	f.texts("hosts", h.Hosts)
	f.texts("methods", h.Methods)
	f.flag("plain", h.Plain)
	return f.String()
}

// flow is a mapping in YAML's flow style. What is empty is left out.
type flow struct{ members []string }

func (f *flow) add(name, value string) { f.members = append(f.members, name+": "+value) }

func (f *flow) texts(name string, values []string) {
	f.objects(name, len(values), func(i int) string { return quote(values[i]) })
}

func (f *flow) objects(name string, n int, text func(i int) string) {
	if n == 0 {
		return
	}
	elements := make([]string, n)
	for i := range elements {
		elements[i] = text(i)
	}
	f.add(name, "["+strings.Join(elements, ", ")+"]")
}

func (f *flow) flag(name string, set bool) {
	if set {
		f.add(name, "true")
	}
}

// String returns the mapping.
func (f *flow) String() string { return "{" + strings.Join(f.members, ", ") + "}" }

// quote quotes a text in a way that YAML and people read, however odd it is.
func quote(text string) string { return strconv.QuoteToASCII(text) }

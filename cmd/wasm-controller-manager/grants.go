// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/grant"
)

func grantsCommand() *cobra.Command {
	return pluginCommand(&cobra.Command{
		Use:   "grants FILE.wasm | CONTROLLER",
		Short: "Print an operator's file that grants what a module wants",
		Long: `Prints a NAME.yaml that grants a module just what it wants, for the operator to
read, to trim, and to put beside it. Without such a file the host grants
nothing. No cluster is needed.`,
	}, func(p *plugin, out io.Writer) error {
		if err := p.installable(); err != nil {
			return err
		}
		_, err := io.WriteString(out, grantsFile(p))
		return err
	})
}

// grantsFile renders an operator's file.
func grantsFile(p *plugin) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# What the module %s
# (%s)
# wants, all of it granted. Take away what it should not have, limit rules with
# namespaces, names and namePrefixes, and keep the file as %s.yaml beside the
# module.
`, strings.TrimSpace(p.description.Name+" "+word(p.description.Version)), p.info.Digest, p.name())
	if len(p.controllers) > 0 {
		fmt.Fprintf(&b, "controllers: %s\n", list(p.controllers))
	}
	if account := read(beside(p.path)).ServiceAccount; account != "" {
		fmt.Fprintf(&b, "serviceAccount: %s\n", account)
	}
	g := grant.Wanted(p.description)
	if g.Empty() {
		return b.String() + "grants: {}\n"
	}
	b.WriteString("grants:\n")
	if len(g.Resources) > 0 {
		b.WriteString("  resources:\n")
	}
	for _, rule := range g.Resources {
		writeRule(&b, p.description, &rule)
	}
	writeOthers(&b, &g)
	return b.String()
}

func writeRule(b *strings.Builder, d *abi.Description, rule *grant.Resource) {
	i := slices.IndexFunc(d.Resources, func(r abi.Resource) bool {
		return r.Group == rule.Groups[0] && r.Resource == rule.Resources[0]
	})
	if i >= 0 && d.Resources[i].Projection != nil {
		fmt.Fprintf(b, "  # of each %s it reads %s\n", word(d.Resources[i].Kind), fields(&d.Resources[i]))
	}
	fmt.Fprintf(b, "  - groups: %s\n    resources: %s\n    verbs: %s\n", list(rule.Groups), list(rule.Resources), list(rule.Verbs))
}

// fields names the parts of an object that a module reads.
func fields(r *abi.Resource) string {
	var names []string
	for _, f := range r.Projection.Fields {
		names = append(names, word(f.Name))
	}
	if len(names) == 0 {
		return "namespace and name"
	}
	return strings.Join(names, ", ")
}

func writeOthers(b *strings.Builder, g *grant.Grants) {
	if len(g.HTTP) > 0 {
		b.WriteString("  # servers that it calls\n  http:\n")
	}
	for _, h := range g.HTTP {
		fmt.Fprintf(b, "  - hosts: %s\n", list(h.Hosts))
		if len(h.Methods) > 0 {
			fmt.Fprintf(b, "    methods: %s\n", list(h.Methods))
		}
		if h.Plain {
			b.WriteString("    plain: true # also without TLS\n")
		}
	}
	if len(g.Sign) > 0 {
		fmt.Fprintf(b, "  # keys of the host that sign what it asks for\n  sign: %s\n", list(g.Sign))
	}
	if len(g.FieldManagers) > 0 {
		fmt.Fprintf(b, "  # names under which it writes beside its own\n  fieldManagers: %s\n", list(g.FieldManagers))
	}
	if g.Discover {
		b.WriteString("  # it asks which resources the API server has\n  discover: true\n")
	}
}

// list writes texts as a list of YAML.
func list(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = strconv.QuoteToASCII(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// inspectionWidth is where lines are broken, in characters.
const inspectionWidth = 100

// inspection renders what is known of a module.
func inspection(info *module.Info, d *abi.Description) string {
	var b strings.Builder
	line := func(label, format string, arguments ...any) {
		fmt.Fprintf(&b, "%-12s"+format+"\n", append([]any{label}, arguments...)...)
	}
	line("plugin", "%s", strings.TrimSpace(d.Name+" "+word(d.Version)))
	line("digest", "%s", info.Digest)
	line("size", "%s", size(info.Size))
	line("ABI", "%d", info.ABI)
	if d.SDK != "" {
		line("SDK", "%s", word(d.SDK))
	}
	operations, others := imports(info)
	writeWrapped(&b, "operations  ", strings.Repeat(" ", 12), operations)
	line("WASI", "%d functions", others)
	for _, h := range d.HTTP {
		line("calls", "%s", calls(&h))
	}
	for _, named := range []struct {
		label string
		names []string
	}{{"signs with", d.Sign}, {"writes as", d.FieldManagers}} {
		if len(named.names) > 0 {
			line(named.label, "%s", word(strings.Join(named.names, ", ")))
		}
	}
	if d.Discover {
		line("discovers", "resources of the API server")
	}
	if d.Settings != nil {
		writeShape(&b, "settings    ", d.Settings)
	}
	for i := range d.Controllers {
		writeController(&b, d, &d.Controllers[i])
	}
	for i := range d.Resources {
		writeResource(&b, &d.Resources[i])
	}
	return b.String()
}

// calls words which servers a module wants to call.
func calls(h *abi.HTTP) string {
	methods := h.Methods
	if len(methods) == 0 {
		methods = []string{"GET", "HEAD"}
	}
	text := strings.Join(methods, " ") + " " + strings.Join(h.Hosts, ", ")
	if h.Plain {
		text += ", also without TLS"
	}
	return text
}

// size is a number of bytes for people, and for machines.
func size(bytes int) string {
	switch {
	case bytes >= 1<<20:
		return fmt.Sprintf("%.1f MiB (%d bytes)", float64(bytes)/(1<<20), bytes)
	case bytes >= 1<<10:
		return fmt.Sprintf("%.1f KiB (%d bytes)", float64(bytes)/(1<<10), bytes)
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// imports lists the operations, which are what the module can do, with commas
// between them, and only counts the rest.
func imports(info *module.Info) (operations string, others int) {
	var names []string
	for _, f := range info.Imports {
		if f.Module == abi.ImportModule {
			names = append(names, f.Name)
		} else {
			others++
		}
	}
	if len(names) == 0 {
		return "none", others
	}
	return strings.Join(names, ","), others
}

func writeController(b *strings.Builder, d *abi.Description, c *abi.Controller) {
	if c.Singleton {
		fmt.Fprintf(b, "\ncontroller %s, singleton\n", c.Name)
	} else {
		fmt.Fprintf(b, "\ncontroller %s, %d at once\n", c.Name, max(c.Concurrency, 1))
	}
	for _, w := range c.Watches {
		fmt.Fprintf(b, "  %-11s %s", w.Mapping, d.Resources[w.Resource].String())
		if w.Key != "" {
			fmt.Fprintf(b, " by %s", word(w.Key))
		}
		if w.OrphansOnly {
			b.WriteString(", without controller owner only")
		}
		if w.AnyOwner {
			b.WriteString(", any owner")
		}
		if w.LooseOnly {
			b.WriteString(", without owners that stay only")
		}
		if w.SameNamespace {
			b.WriteString(", in the same namespace")
		}
		b.WriteByte('\n')
		if w.Wake != nil {
			writeShape(b, "    woken by  ", w.Wake)
		}
		for _, c := range w.Where {
			writeCondition(b, &c)
		}
	}
}

func writeCondition(b *strings.Builder, c *abi.Condition) {
	if len(c.Values) == 0 {
		fmt.Fprintf(b, "    where     %s is set\n", word(c.Field))
		return
	}
	fmt.Fprintf(b, "    where     %s is one of %q\n", word(c.Field), c.Values)
}

func writeResource(b *strings.Builder, r *abi.Resource) {
	fmt.Fprintf(b, "\nresource %s %s\n", r.String(), word(r.Kind))
	if r.Projection != nil {
		writeShape(b, "  reads   ", r.Projection)
	}
	if len(r.Reads) > 0 {
		fmt.Fprintf(b, "  live    %s\n", strings.Join(r.Reads, ", "))
	}
	if len(r.Writes) > 0 {
		fmt.Fprintf(b, "  writes  %s\n", strings.Join(r.Writes, ", "))
	}
	for _, i := range r.Indexes {
		kind := map[abi.IndexKind]string{abi.IndexOwner: "owner", abi.IndexLabel: "label", abi.IndexField: "field"}[i.Kind]
		fmt.Fprintf(b, "  index   %s\n", strings.TrimSpace(kind+" "+word(i.Key)))
	}
}

// writeShape writes each field of a shape on lines of its own, below a label.
func writeShape(b *strings.Builder, label string, s *record.Shape) {
	margin := strings.Repeat(" ", len(label))
	if len(s.Fields) == 0 {
		fmt.Fprintf(b, "%snamespace and name\n", label)
	}
	for _, f := range s.Fields {
		one := record.Shape{Kind: record.Struct, Fields: []record.Field{f}}
		text := one.String()
		writeWrapped(b, label, margin+"  ", text[1:len(text)-1])
		label = margin
	}
}

// writeWrapped breaks a shape's text behind its commas.
func writeWrapped(b *strings.Builder, first, next, text string) {
	column, indent := 0, first
	for part := range strings.SplitAfterSeq(text, ",") {
		if column == 0 || column+len(part)+1 > inspectionWidth {
			if column > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(indent)
			column, indent = len(indent), next
		} else {
			b.WriteByte(' ')
			column++
		}
		b.WriteString(part)
		column += len(part)
	}
	b.WriteByte('\n')
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"fmt"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// DescriptionError reports a module that describes itself wrongly.
type DescriptionError struct {
	Problems []string // each names the controller or resource and the field
}

// Error lists the problems. The sentence lacks its subject, as those of
// module.Inspect do.
func (e *DescriptionError) Error() string {
	const most = 20 // nobody reads more, and a guest can make any number
	text := "describes itself wrongly: " + strings.Join(e.Problems[:min(len(e.Problems), most)], "; ")
	if more := len(e.Problems) - most; more > 0 {
		text += fmt.Sprintf("; and %d problems more", more)
	}
	return text
}

// Validate checks a description against itself and against what the module
// exports; info may be nil, then the latter is left out. The error is a
// [DescriptionError] with every problem found.
func Validate(d *abi.Description, info *module.Info) error {
	v := &validator{description: d}
	if v.crowded(); len(v.problems) > 0 {
		return &DescriptionError{Problems: v.problems}
	}
	v.plugin(info)
	for n := range d.Resources {
		v.resource(n)
	}
	names := map[string]bool{}
	for n := range d.Controllers {
		v.controller(n, names)
	}
	if len(v.problems) == 0 {
		return nil
	}
	return &DescriptionError{Problems: v.problems}
}

// validator collects problems.
type validator struct {
	description *abi.Description
	problems    []string
}

// problem records what is wrong with a field of the subject, which may be
// empty for the plugin itself.
func (v *validator) problem(subject, field, format string, args ...any) {
	text := field + ": " + fmt.Sprintf(format, args...)
	if subject != "" {
		text = subject + ": " + text
	}
	v.problems = append(v.problems, text)
}

func (v *validator) plugin(info *module.Info) {
	d := v.description
	if !isLabel(d.Name) {
		v.problem("", "name", "%q is no DNS label", d.Name)
	}
	if d.Features != 0 {
		v.problem("", "features", "0x%x are not known to this host", d.Features)
	}
	if len(d.Controllers) == 0 {
		v.problem("", "controllers", "none, expected one at least")
	}
	if d.Settings != nil {
		v.shape("", "settings", d.Settings)
		if info != nil && !info.HasExport(abi.ExportConfigure) {
			v.problem("", "settings", "the module exports no %s to take them", abi.ExportConfigure)
		}
	}
	v.wants()
	if info != nil && v.maps() && !info.HasExport(abi.ExportMap) {
		v.problem("", "controllers", "a watch is mapped by the guest, but the module exports no %s", abi.ExportMap)
	}
}

// maps reports whether a watch is mapped by the guest.
func (v *validator) maps() bool {
	for _, c := range v.description.Controllers {
		for _, w := range c.Watches {
			if w.Mapping == abi.MapGuest {
				return true
			}
		}
	}
	return false
}

func (v *validator) shape(subject, field string, s *record.Shape) bool {
	err := s.Validate()
	if err != nil {
		v.problem(subject, field, "%v", err)
	}
	return err == nil
}

// isLabel reports whether s is a DNS label as Kubernetes takes it (RFC 1123).
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// isDomain reports whether s is one DNS label or several with dots between.
func isDomain(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if !isLabel(label) {
			return false
		}
	}
	return len(s) <= 253
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plugins

import (
	"fmt"
	"slices"
	"strings"
)

// Choose returns those of the controllers that a list chooses, as the flag
// --controllers of kube-controller-manager does: "foo" chooses the controller
// of that name or alias, "-foo" leaves it out, and whichever comes first counts;
// "*", wherever it stands, chooses all others that do not have to be named. The
// error names each entry that is none of these, and what there is.
func Choose(controllers []Controller, list []string) ([]Controller, error) {
	if unknown := unknownNames(controllers, list); len(unknown) > 0 {
		return nil, fmt.Errorf("unknown controllers: %s; known are *, %s", strings.Join(unknown, ", "), strings.Join(names(controllers), ", "))
	}
	all := slices.Contains(list, "*")
	var chosen []Controller
	for _, c := range controllers {
		if c.chosen(list, all) {
			chosen = append(chosen, c)
		}
	}
	return chosen, nil
}

func (c *Controller) chosen(list []string, all bool) bool {
	for _, entry := range list {
		if name, without := strings.CutPrefix(entry, "-"); c.is(name) {
			return !without
		}
	}
	return all && !c.OnRequest
}

func unknownNames(controllers []Controller, list []string) []string {
	var unknown []string
	for _, entry := range list {
		name := strings.TrimPrefix(entry, "-")
		known := slices.ContainsFunc(controllers, func(c Controller) bool { return c.is(name) })
		if !known && entry != "*" {
			unknown = append(unknown, fmt.Sprintf("%q", name))
		}
	}
	return unknown
}

func names(controllers []Controller) []string {
	names := make([]string, len(controllers))
	for i, c := range controllers {
		names[i] = c.Name
	}
	return names
}

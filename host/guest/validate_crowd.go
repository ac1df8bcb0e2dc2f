// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import "fmt"

// maxEntries bounds each list of a description, and the workers of all of its
// controllers together, each of which is a goroutine of the host. Entries are checked against
// each other and looked up by walking over them, which a million of them would
// turn into minutes.
const maxEntries = 1000

// crowded finds lists that are too long to be checked.
func (v *validator) crowded() {
	d := v.description
	v.few("", "resources", len(d.Resources))
	v.few("", "controllers", len(d.Controllers))
	v.few("", "http", len(d.HTTP))
	v.few("", "sign", len(d.Sign))
	v.few("", "field_managers", len(d.FieldManagers))
	for n, r := range d.Resources {
		subject := fmt.Sprintf("resource %d", n)
		v.few(subject, "indexes", len(r.Indexes))
		v.few(subject, "writes", len(r.Writes))
		v.few(subject, "reads", len(r.Reads))
	}
	workers := 0
	for n, c := range d.Controllers {
		workers += int(max(c.Concurrency, 1))
		v.few(fmt.Sprintf("controller %d", n), "watches", len(c.Watches))
		for i, w := range c.Watches {
			v.few(fmt.Sprintf("controller %d: watch %d", n, i), "where", len(w.Where))
		}
	}
	v.few("controllers", "concurrency", workers)
	for n, h := range d.HTTP {
		subject := fmt.Sprintf("http %d", n)
		v.few(subject, "hosts", len(h.Hosts))
		v.few(subject, "methods", len(h.Methods))
	}
}

func (v *validator) few(subject, field string, count int) {
	if count > maxEntries {
		v.problem(subject, field, "%d, expected at most %d", count, maxEntries)
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant_test

import (
	"testing"

	"github.com/wasm-controller-manager/wcm/host/grant"
)

// BenchmarkAllowCached is what a cached get pays for grants.
func BenchmarkAllowCached(b *testing.B) {
	namespaces := rule("core pods *")
	namespaces.Namespaces = []string{"a", "b", "c"}
	names := limited(rule("core pods *"), "a", "x y z", "web- db- cache-")
	for name, r := range map[string]grant.Resource{"everything": rule("* * *"), "namespaces": namespaces, "names": names} {
		p := grant.NewPolicy("web", description(), grant.Grants{Resources: []grant.Resource{r}})
		o := grant.Object{Resource: pods, Namespace: "a", Name: "cache-17"}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := p.AllowCached(o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

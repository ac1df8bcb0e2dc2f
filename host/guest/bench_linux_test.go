// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
)

// BenchmarkResident is what one more instance takes, of those that a hundred
// reconciles were made in: pages of its own, and those that it shares as well.
func BenchmarkResident(b *testing.B) {
	bundle := build(b, "../../plugins/bundle")
	for _, c := range []struct {
		name       string
		wasm       []byte
		reconciles int
	}{
		{"initialized/new", notCopied(bundle), 0},
		{"copied/new", bundle, 0},
		{"initialized/used", notCopied(bundle), 100},
		{"copied/used", bundle, 100},
	} {
		b.Run(c.name, func(b *testing.B) {
			m := compile(b, open(b), c.wasm)
			use := func() {
				i := instantiate(b, m, guest.Options{Operator: missing, Controllers: []string{"deployment-controller"}})
				for range c.reconciles {
					if _, err := i.Reconcile(b.Context(), abi.Request{Namespace: "a", Name: "b"}); err != nil {
						b.Fatal(err)
					}
				}
			}
			use()
			debug.FreeOSMemory()
			rss, pss, n := rollup(b, "Rss:"), rollup(b, "Pss:"), 0
			for b.Loop() {
				use()
				n++
			}
			debug.FreeOSMemory()
			b.ReportMetric(float64(rollup(b, "Rss:")-rss)/float64(n), "RSS-KiB")
			b.ReportMetric(float64(rollup(b, "Pss:")-pss)/float64(n), "PSS-KiB")
		})
	}
}

// rollup returns a line of /proc/self/smaps_rollup, in KiB.
func rollup(b *testing.B, line string) int {
	b.Helper()
	text, err := os.ReadFile("/proc/self/smaps_rollup")
	if err != nil {
		b.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		if f := strings.Fields(l); f[0] == line {
			n, err := strconv.Atoi(f[1])
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
	}
	b.Fatalf("/proc/self/smaps_rollup has no %s", line)
	return 0
}

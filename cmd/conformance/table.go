// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"time"
)

func verdict(r *result) string {
	if r.failure != "" {
		return "FAIL"
	}
	return "pass"
}

func countFailed(results []result) int {
	failed := 0
	for i := range results {
		if results[i].failure != "" {
			failed++
		}
	}
	return failed
}

// render returns the results as a table in Markdown.
func render(title string, results []result) string {
	var b strings.Builder
	var total time.Duration
	fmt.Fprintf(&b, "| %s | result | time | controllers |\n|---|---|--:|---|\n", title)
	for i := range results {
		r := &results[i]
		total += r.took
		fmt.Fprintf(&b, "| %s | %s | %.0f s | %s |\n", r.name, verdict(r), r.took.Seconds(), strings.Join(r.names(), ", "))
	}
	fmt.Fprintf(&b, "| %d tests | %d passed | %.0f s | |\n", len(results), len(results)-countFailed(results), total.Seconds())
	return b.String()
}

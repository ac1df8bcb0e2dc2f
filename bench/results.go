// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

const (
	resultsFile = "bench/RESULTS.md"

	heading = `# Results

What the benchmarks measured, as they printed it: each of them when it last ran. [README.md](README.md) says what each row is.
`
	sectionMark = "\n## "
)

// section writes what a benchmark measured, and on what.
func section(b benchmark, about string, rounds []figures) string {
	return fmt.Sprintf("%s%s\n\n%sMedian of %d.\n\n%s", sectionMark, b.name, about, len(rounds), table(b, rounds))
}

// keep puts a section into the file of results, in the place of what the
// benchmark measured before.
func keep(file, name, section string) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	names := make([]string, len(registry))
	for i, b := range registry {
		names[i] = b.name
	}
	return os.WriteFile(file, []byte(replace(string(old), names, name, section)), 0o644)
}

// replace returns the results with another section of that name. The sections
// are in the order of the names; those of others are dropped.
func replace(results string, names []string, name, section string) string {
	sections := map[string]string{name: section}
	for _, old := range strings.Split(results, sectionMark)[1:] {
		title, _, _ := strings.Cut(old, "\n")
		if title != name {
			sections[title] = sectionMark + old
		}
	}
	var out strings.Builder
	out.WriteString(heading)
	for _, n := range names {
		out.WriteString(sections[n])
	}
	return out.String()
}

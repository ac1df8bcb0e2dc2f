// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/grant"
)

// TestReadmeIsComplete: README.md has a row for each field of each part of the
// file, and its example is one.
func TestReadmeIsComplete(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for part, schema := range map[string]reflect.Type{
		"## The file": reflect.TypeFor[file](), "## grants": reflect.TypeFor[grant.Grants](), "### Rules": reflect.TypeFor[grant.Resource](),
		"### Servers": reflect.TypeFor[grant.HTTP](), "## limits": reflect.TypeFor[limitsFile](), "## rollback": reflect.TypeFor[rollbackFile](),
	} {
		_, section, found := strings.Cut(string(text), "\n"+part+"\n")
		section, _, _ = strings.Cut(section, "\n#")
		rows := 0
		for _, name := range fieldNames(schema) {
			if !found || !strings.Contains(section, "\n| `"+name+"` |") {
				t.Errorf("README.md: section %q has no row for %s", part, name)
			}
			rows++
		}
		if got := strings.Count(section, "\n| `"); got != rows {
			t.Errorf("README.md: section %q has %d rows, want one for each of %d fields", part, got, rows)
		}
	}
	_, example, _ := strings.Cut(string(text), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	m, err := Parse([]byte(example))
	if err != nil || len(m.Grants.Resources) != 3 {
		t.Errorf("the example of README.md: got %+v, error %v; want three rules", m, err)
	}
}

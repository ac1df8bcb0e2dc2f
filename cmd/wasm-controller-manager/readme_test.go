// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/plugins"
)

// TestReadmeOfPlugins holds the table of plugins/README.md to what the program
// has.
func TestReadmeOfPlugins(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(hosttest.Root(), "plugins", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range plugins.Controllers() {
		if row := readmeRow(t, &c); !strings.Contains(string(readme), row) {
			t.Errorf("plugins/README.md lacks the row of %s, or has another one:\n%s", c.Name, row)
		}
	}
}

// readmeRow is the line of a controller: name, alias, whether * chooses it,
// ServiceAccount, flags.
func readmeRow(t *testing.T, c *plugins.Controller) string {
	t.Helper()
	var file struct {
		ServiceAccount string `json:"serviceAccount"`
	}
	if err := yaml.Unmarshal(c.Manifest, &file); err != nil {
		t.Fatal(err)
	}
	chosen := "yes"
	if c.OnRequest {
		chosen = "no"
	}
	var flags []string
	for i := range controllerFlags {
		if f := &controllerFlags[i]; f.isFor(c.Name) {
			flags = append(flags, "`--"+f.name+"`")
		}
	}
	return strings.TrimRight(fmt.Sprintf("| %s | %s | %s | %s | %s",
		c.Name, c.Alias, chosen, cmp.Or(file.ServiceAccount, c.Name), strings.Join(flags, " ")), " ") + " |"
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"maps"
	"path/filepath"
	"slices"
	"sync"
)

// Embedded are plugins that come with the program, all of one module. A file of
// a plugin's name takes its place. The zero value has none.
type Embedded struct {
	// Module returns the module.
	Module func() ([]byte, error)
	// Plugins has, by name, what makes the manifest of a plugin from the
	// operator's NAME.yaml, which is nil if there is none.
	Plugins map[string]func(operators []byte) ([]byte, error)
}

// sources returns what is there, given the modules that are there as files:
// those first, since they go before embedded ones of their name.
func (d *Directory) sources(paths []string) []source {
	var sources []source
	for _, path := range paths {
		sources = append(sources, fileSource(path))
	}
	module := sync.OnceValues(func() ([]byte, error) { return d.Embedded.Module() }) // in memory for this scan, not for good
	for _, name := range slices.Sorted(maps.Keys(d.Embedded.Plugins)) {
		s := fileSource(filepath.Join(d.Path, name+Extension))
		s.embedded, s.module, s.manifest = true, module, d.Embedded.Plugins[name]
		if d.Path == "" {
			s.operators = ""
		}
		sources = append(sources, s)
	}
	return sources
}

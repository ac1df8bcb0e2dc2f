// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// growth is whether an event and a reconcile cost the same however many objects
// and plugins there are.
var growth = benchmark{
	name: "growth", peer: "with the fewest", rounds: 3,
	prepare: build(ourStore, ourHost),
	sides: []side{
		ourStore.side("event", "GrowthOfObjects", "1s"), ourStore.side("event", "GrowthOfPlugins", "1s"),
		ourHost.side("reconcile", "GrowthOfObjects", "1s"), ourHost.side("reconcile", "GrowthOfPlugins", "1s"),
	},
	rows: growthRows(),
}

func growthRows() []row {
	objects, plugins := []int{1_000, 10_000, 100_000}, []int{1, 10, 100, 1000}
	var rows []row
	// curve adds a row for each step; format makes the benchmark's name of a step.
	curve := func(what, unit, format string, steps []int, g goal) {
		figure := func(step int) string { return fmt.Sprintf(format, step) + " cpu-ns/" + unit }
		for _, step := range steps {
			rows = append(rows, row{fmt.Sprintf(what, step), microseconds, figure(step), figure(steps[0]), g})
		}
	}
	flat := goal{ratio: 1.1}
	curve("event, %d objects, CPU", "event", "event GrowthOfObjects/%d", objects, flat)
	curve("event, %d plugins with namespaces of their own, CPU", "event", "event GrowthOfPlugins/%d", plugins, flat)
	curve("reconcile with a read, %d objects, CPU", "reconcile", "reconcile GrowthOfObjects/%d", objects, flat)
	curve("reconcile with a read, by one of %d plugins, CPU", "reconcile", "reconcile GrowthOfPlugins/%d/one", plugins, flat)
	curve("reconcile with a read, by each of %d plugins in turn, CPU", "reconcile", "reconcile GrowthOfPlugins/%d/all", plugins, goal{})
	return rows
}

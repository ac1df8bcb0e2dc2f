// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// memoryRest is how long nothing happens before memory is looked at: Go collects
// garbage after two idle minutes, and gives memory back slowly.
const memoryRest = 2*time.Minute + 45*time.Second

// caching is the memory of cached objects.
var caching = benchmark{
	name: "memory", peer: "controller-runtime, kube-controller-manager", rounds: 1, // it varies little, and takes long
	prepare: prepareMemory,
	sides: []side{
		ourStore.side("ours", "Heap", "1x"), peerTests.side("peer", "Heap", "1x"),
		{"processes with a cache of pods", measureCaches}, {"managers", measureManagers},
	},
	rows: memoryRows(),
}

func memoryRows() []row {
	rows := []row{{"heap per pod in a cache of 50,000, typed", bytes, "ours Heap B/object", "peer Heap B/object", goal{most: 600, ratio: 0.1}}}
	for _, form := range cacheForms {
		ratio := 0.0
		if form == "typed" {
			ratio = 0.1
		}
		add := func(what string, u unit, figure string, g goal) {
			rows = append(rows, row{form + ": " + what, u, "ours " + figure, form + " " + figure, g})
		}
		for _, size := range cacheSizes {
			add(fmt.Sprintf("process with %d pods, RSS", size), mebibytes, fmt.Sprint(size, " rss"), goal{})
		}
		most := cacheSizes[len(cacheSizes)-1]
		add("PSS", mebibytes, fmt.Sprint(most, " pss"), goal{})
		add("peak RSS, while listing", mebibytes, fmt.Sprint(most, " peak"), goal{})
		add("RSS per pod", bytes, "pod rss", goal{ratio: ratio})
		add("Go heap per pod", bytes, "pod heap", goal{ratio: ratio})
	}
	return append(rows,
		row{"all controllers, 20,000 pods of 2,000 ReplicaSets: RSS", mebibytes, "ours managers rss", "peer managers rss", goal{ratio: 0.4}},
		row{"PSS", mebibytes, "ours managers proportional", "peer managers proportional", goal{ratio: 0.4}},
		row{"RSS without files", mebibytes, "ours managers anonymous", "peer managers anonymous", goal{}},
		row{"Go heap", mebibytes, "ours managers heap", "peer managers heap", goal{}},
		row{"peak RSS", mebibytes, "ours managers peak", "peer managers peak", goal{}},
		row{"CPU of the first 45 s", seconds, "ours managers cpu", "peer managers cpu", goal{}},
	)
}

func prepareMemory(ctx context.Context, e *environment) error {
	return errors.Join(build(ourStore, peerTests)(ctx, e), prepareConverge(ctx, e),
		buildPlugin(ctx, "./bench/guests/podcache", pluginFile(e, "podcache")), grantAll(e, "podcache"),
		buildPeer(ctx, e, "tracker"), buildServer(ctx, e))
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

// What managers with all controllers are to do.
var (
	rollouts          = convergence{workload: deployments, size: 200, steps: []int{5}, qps: "2000", burst: "4000"}
	throttledRollouts = convergence{workload: deployments, size: 200, steps: []int{5}}
)

// rollingOut brings Deployments to their number of pods, with all controllers.
var rollingOut = benchmark{
	name: "rollouts", peer: "kube-controller-manager", rounds: 3,
	prepare: prepareConverge,
	sides:   []side{rollouts.side("ours"), rollouts.side("peer")},
	rows:    rolloutRows,
}

// rollingOutSlowly is rollingOut with the default limits of requests.
var rollingOutSlowly = benchmark{
	name: "rollouts-throttled", peer: "kube-controller-manager", rounds: 1, // it is the limit that is measured
	prepare: prepareConverge,
	sides:   []side{throttledRollouts.side("ours"), throttledRollouts.side("peer")},
	rows:    rolloutRows,
}

// rolloutRows are those of both rollouts, with and without a limit of requests.
var rolloutRows = []row{
	{"200 Deployments × 5 pods, wall", seconds, "ours wall", "peer wall", goal{ratio: 1}},
	{"CPU of the manager meanwhile", seconds, "ours cpu", "peer cpu", goal{ratio: 1}},
	{"API requests, all", count, "ours requests", "peer requests", goal{ratio: 1}},
	{"API requests, pods", count, "ours requests pods", "peer requests pods", goal{}},
	{"API requests, replicasets", count, "ours requests replicasets", "peer requests replicasets", goal{}},
	{"API requests, deployments", count, "ours requests deployments", "peer requests deployments", goal{}},
	{"API requests, events", count, "ours requests events", "peer requests events", goal{}},
	{"memory, peak RSS", mebibytes, "ours rss", "peer rss", goal{}},
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command kube-controller-manager is upstream's, unchanged, built from the
// same modules as the control plane, so that benchmarks compare like with
// like. No build of ours needs it.
package main

import (
	"os"
	_ "time/tzdata" // time zones of CronJobs, as upstream's own main

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() { os.Exit(cli.Run(app.NewControllerManagerCommand())) }

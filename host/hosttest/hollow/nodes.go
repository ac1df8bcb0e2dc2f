// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package hollow

import (
	"fmt"
	"os"
	"path/filepath"
)

// startNodes starts the hollow kubelet in a host of its own, as kubelets are
// processes of their own: it runs on while the controller manager is killed,
// and is the same beside upstream's.
func (c *Cluster) startNodes(o Options) error {
	folder := filepath.Join(o.Dir, "kubelet")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	const plugin = "hollow-kubelet"
	source := filepath.Join(o.Bin, "examples", plugin)
	grants, err := os.ReadFile(source + ".yaml")
	if err != nil {
		return err
	}
	settings := fmt.Sprintf("settings:\n  count: %d\n  bind: false\n", o.Nodes)
	if err := os.WriteFile(filepath.Join(folder, plugin+".yaml"), append(grants, settings...), 0o600); err != nil {
		return err
	}
	wasm, err := os.ReadFile(source + ".wasm")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, plugin+".wasm"), wasm, 0o600); err != nil {
		return err
	}
	return c.start(o.named("hollow-kubelet"), "wasm-controller-manager",
		"--kubeconfig="+c.Plane.Kubeconfig(), "--plugin-dir="+folder,
		"--cache-dir="+o.cacheDir(), "--secure-port=0", "--leader-elect=false",
		"--kube-api-qps=500", "--kube-api-burst=1000")
}

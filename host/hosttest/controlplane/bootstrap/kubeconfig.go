// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
)

// kubeconfigFormat takes the server's URL and three base64 texts: the
// authority, the admin's certificate, the admin's key.
const kubeconfigFormat = `apiVersion: v1
kind: Config
clusters:
- name: wcm-control-plane
  cluster:
    server: %s
    certificate-authority-data: %s
users:
- name: wcm-control-plane-admin
  user:
    client-certificate-data: %s
    client-key-data: %s
contexts:
- name: wcm-control-plane
  context:
    cluster: wcm-control-plane
    user: wcm-control-plane-admin
current-context: wcm-control-plane
`

// URL is the address of an API server on this machine.
func URL(port int) string { return fmt.Sprintf("https://127.0.0.1:%d", port) }

// Kubeconfig is the admin's kubeconfig (group system:masters) for a port, with
// the certificates inside, so that it works from any directory.
func (d Dir) Kubeconfig(port int) ([]byte, error) {
	data := make([]string, 0, 3)
	for _, file := range []string{"ca.crt", "admin.crt", "admin.key"} {
		raw, err := os.ReadFile(d.PKI(file))
		if err != nil {
			return nil, fmt.Errorf("kubeconfig: %w", err)
		}
		data = append(data, base64.StdEncoding.EncodeToString(raw))
	}
	return fmt.Appendf(nil, kubeconfigFormat, URL(port), data[0], data[1], data[2]), nil
}

// WriteKubeconfig writes it to a file, in one step.
func (d Dir) WriteKubeconfig(name string, port int) error {
	config, err := d.Kubeconfig(port)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("kubeconfig: %w", err)
	}
	return WriteFile(name, config)
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package bootstrap knows what etcd and kube-apiserver need before they start
// on a single machine, and how one tells that they did: the files of a data
// directory, the certificates, the kubeconfig, the arguments, the readiness.
//
// It starts nothing and imports the standard library only. The nested module
// of the control plane shares it with the helper for tests, which starts other
// binaries of the same servers.
//
// Nothing here is safe for concurrent use on one directory; the caller holds
// its [Lock].
package bootstrap

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A Dir is the absolute path of a data directory. Everything that a control
// plane keeps lives in it, so a second start with the same Dir brings back the
// same objects, certificates and address.
type Dir string

// KubeconfigFile is the admin's kubeconfig.
func (d Dir) KubeconfigFile() string { return d.path("kubeconfig") }

// Log is where etcd and the API server write their logs.
func (d Dir) Log() string { return d.path("control-plane.log") }

// PID names the process that serves the directory, and is locked while it does.
func (d Dir) PID() string { return d.path("control-plane.pid") }

// Etcd is etcd's own data directory.
func (d Dir) Etcd() string { return d.path("etcd") }

// PKI is the path of a certificate or key, by the name that kubeadm gives it:
// ca.crt, apiserver.key, sa.pub.
func (d Dir) PKI(name string) string { return d.path("pki", name) }

// Prepare creates the directory and the certificates, unless they are there.
// The directory is closed to other users: etcd's socket in it is not
// authenticated.
func (d Dir) Prepare() error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(d.auditPolicy(), []byte(auditPolicy), 0o600); err != nil {
		return err
	}
	return d.createPKI()
}

// SavedPort is the port that the directory was last served on, 0 if none.
func (d Dir) SavedPort() int {
	raw, err := os.ReadFile(d.path("port"))
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return 0
	}
	return port
}

// SavePort remembers the port for the next start.
func (d Dir) SavePort(port int) error {
	return WriteFile(d.path("port"), fmt.Appendln(nil, port))
}

func (d Dir) auditPolicy() string { return d.path("audit-policy.yaml") }

func (d Dir) path(elem ...string) string {
	return filepath.Join(append([]string{string(d)}, elem...)...)
}

// WriteFile replaces a file in one step: a reader sees the old content or the
// new, never a part.
func WriteFile(name string, content []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // fails after the rename, as it should
	if _, err := temp.Write(content); err != nil {
		temp.Close()
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), name)
}

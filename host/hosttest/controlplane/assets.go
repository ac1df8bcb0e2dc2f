// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane/bootstrap"
)

// assets is a directory with an etcd and a kube-apiserver, as the envtest
// tools of Kubernetes install it.
type assets struct{ dir string }

// script runs both servers until a line comes in, or the end of input, which
// says that the parent is gone. Then it stops the API server first, since that
// writes its farewell to etcd. It takes both command lines and what to do with
// an orphaned directory.
const script = `%s </dev/null & etcd=$!
%s </dev/null & apiserver=$!
read -r word
kill $apiserver; wait $apiserver
kill $etcd; wait $etcd
[ "$word" = stop ] || %s
`

func (a assets) start(ctx context.Context, r request) (*process, error) {
	if err := r.dir.Prepare(); err != nil {
		return nil, err
	}
	listener, port, err := r.dir.Listen(r.Port)
	if err != nil {
		return nil, err
	}
	listener.Close() // the server opens it anew; nobody can hand it over
	if err := errors.Join(r.dir.SavePort(port), r.dir.WriteKubeconfig(r.dir.KubeconfigFile(), port)); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(r.dir.Log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own

	cmd := exec.Command("/bin/sh", "-c", a.script(r, port))
	cmd.Dir = string(r.dir) // etcd's sockets are relative
	cmd.Stdout, cmd.Stderr = log, log
	p, err := spawn(cmd)
	if err != nil {
		return nil, err
	}
	p.ask = func() error {
		_, err := io.WriteString(p.stdin, "stop\n")
		return err
	}
	if err := r.dir.WaitReady(ctx, port); err != nil {
		stopErr := p.stop()
		return nil, errors.Join(fmt.Errorf("%w\nthe end of the log:\n%s", err, r.dir.LogTail()), stopErr)
	}
	return p, nil
}

func (a assets) script(r request, port int) string {
	orphaned := "true"
	if r.temporary {
		orphaned = quote("rm", "-rf", string(r.dir))
	}
	server := bootstrap.APIServer{
		Dir:                     r.dir,
		Port:                    port,
		ServiceAccountAdmission: r.ServiceAccountAdmission,
		FeatureGates:            r.FeatureGates,
		AuditLog:                r.AuditLog,
		Extra:                   r.APIServerArgs,
	}
	return fmt.Sprintf(script,
		quote(append([]string{filepath.Join(a.dir, "etcd")}, etcdArgs(r.dir)...)...),
		quote(append([]string{filepath.Join(a.dir, "kube-apiserver")}, server.Args()...)...),
		orphaned)
}

func etcdArgs(dir bootstrap.Dir) []string {
	return []string{
		"--data-dir=" + dir.Etcd(),
		"--listen-client-urls=" + bootstrap.EtcdURL,
		"--advertise-client-urls=" + bootstrap.EtcdURL,
		"--listen-peer-urls=" + bootstrap.EtcdPeerURL,
		"--initial-advertise-peer-urls=" + bootstrap.EtcdPeerURL,
		"--initial-cluster=default=" + bootstrap.EtcdPeerURL,
		"--unsafe-no-fsync",
		"--log-level=warn",
	}
}

// quote writes words so that a shell reads them back as they are.
func quote(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return strings.Join(quoted, " ")
}

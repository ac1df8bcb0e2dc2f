// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane/bootstrap"
)

// upOptions are the flags of "up".
type upOptions struct {
	dataDir                 string // empty: a temporary one
	kubeconfig              string // empty: in the data directory
	auditLog                string // empty: none
	featureGates            string
	port                    int // 0: as last time, else a free one
	serviceAccountAdmission bool
	fsync                   bool
	exitWithParent          bool
	removeDataWithParent    bool
	apiServerArgs           []string
}

func newUpCommand() *cobra.Command {
	o := &upOptions{}
	cmd := &cobra.Command{
		Use:   "up [flags] [-- kube-apiserver flags]",
		Short: "Start and stay until SIGINT or SIGTERM",
		Long: `Start etcd and kube-apiserver on loopback, print one line when they are ready,

    ready: https://127.0.0.1:20123 kubeconfig=/path/kubeconfig

and stay until SIGINT or SIGTERM; a second signal exits at once. With the same
--data-dir the next start has the same objects, certificates and address.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.apiServerArgs = args
			return up(*o, terminal{cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()})
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *upOptions) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.dataDir, "data-dir", "",
		"where everything is kept; empty means a temporary directory, removed at the end")
	fs.StringVar(&o.kubeconfig, "kubeconfig", "",
		"where to write the admin's kubeconfig (default DATA-DIR/kubeconfig)")
	fs.StringVar(&o.auditLog, "audit-log", "",
		"write an audit log of all writes, level Metadata, to this file")
	fs.IntVar(&o.port, "port", 0,
		"port of the API server; 0 means the one that the data directory was last served on, else a free one")
	fs.StringVar(&o.featureGates, "feature-gates", "",
		"feature gates of the API server, A=true,B=false")
	fs.BoolVar(&o.serviceAccountAdmission, "enable-service-account-admission", false,
		"turn on the admission plugin ServiceAccount, which refuses pods until a controller has created their namespace's service account")
	fs.BoolVar(&o.fsync, "fsync", false,
		"have etcd survive a power cut, at the price of speed")
	fs.BoolVar(&o.exitWithParent, "exit-with-parent", false,
		"stop when standard input ends, as it does when the parent process dies")
	fs.BoolVar(&o.removeDataWithParent, "remove-data-with-parent", false,
		"with --exit-with-parent: remove the data directory when standard input has ended")
}

// resolve checks the flags, creates a temporary data directory if none is
// named, and makes every path absolute, since the process changes directory.
func (o *upOptions) resolve() (temporary bool, err error) {
	if o.port < 0 || o.port > 65535 {
		return false, usageError{fmt.Errorf("--port %d is not a port", o.port)}
	}
	if o.removeDataWithParent && !o.exitWithParent {
		return false, usageError{errors.New("--remove-data-with-parent needs --exit-with-parent")}
	}
	if o.dataDir == "" {
		temporary = true
		if o.dataDir, err = os.MkdirTemp("", name+"-"); err != nil {
			return false, err
		}
	}
	if o.kubeconfig == "" {
		o.kubeconfig = bootstrap.Dir(o.dataDir).KubeconfigFile()
	}
	for _, path := range []*string{&o.dataDir, &o.kubeconfig, &o.auditLog} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return false, err
		}
	}
	return temporary, nil
}

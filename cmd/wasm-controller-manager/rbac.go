// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/component-base/config"

	"github.com/wasm-controller-manager/wcm/host/elect"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/install"
	"github.com/wasm-controller-manager/wcm/host/manifest"
	"github.com/wasm-controller-manager/wcm/plugins"
)

// rbacOptions are the values of the flags of rbac.
type rbacOptions struct {
	plugins   pluginOptions
	name      string
	namespace string
	grants    string
	host      string
	lease     config.LeaderElectionConfiguration
}

func rbacCommand() *cobra.Command {
	o := &rbacOptions{namespace: metav1.NamespaceSystem, lease: elect.DefaultConfiguration()}
	command := &cobra.Command{
		Use:   "rbac {FILE.wasm | CONTROLLERS} ...",
		Short: "Print the RBAC objects that plugins need",
		Long: `Prints a ServiceAccount for each plugin, with the roles and bindings that its
requests need, ready for kubectl apply: for all that a module wants, or with
--grants for what of that an operator's file grants. CONTROLLERS that come with
the program are chosen as by its flag --controllers, '*,scheduler' for example,
and have the grants of their own files. No cluster is needed.

With --host=USER there is a role for the host as well: what it needs itself if
plugins have their own accounts (--use-service-account-credentials).`,
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) == 0 {
				return usageError{errors.New("rbac takes files or controllers, got none")}
			}
			return nil
		},
		RunE: func(command *cobra.Command, arguments []string) error {
			return o.run(command.Context(), arguments, command.OutOrStdout())
		},
	}
	o.plugins.addFlags(command.Flags())
	command.Flags().StringVar(&o.name, "service-account", o.name,
		"Name of the ServiceAccount of a single plugin. If empty, it is the one of --grants or of the file beside the module, or the name of the plugin.")
	command.Flags().StringVar(&o.namespace, "namespace", o.namespace, "Namespace of the ServiceAccounts.")
	command.Flags().StringVar(&o.grants, "grants", o.grants,
		"Operator's file, NAME.yaml, of a single plugin. Where its grants are limited to namespaces, the roles are; if empty, everything is granted that the module wants.")
	command.Flags().StringVar(&o.host, "host", o.host,
		"User as whom the host itself makes requests, 'system:serviceaccount:NAMESPACE:NAME' if it is a ServiceAccount. If empty, there is no role for the host.")
	command.Flags().StringVar(&o.lease.ResourceName, "leader-elect-resource-name", o.lease.ResourceName, "Name of the Lease, for --host.")
	command.Flags().StringVar(&o.lease.ResourceNamespace, "leader-elect-resource-namespace", o.lease.ResourceNamespace, "Namespace of the Lease, for --host.")
	return command
}

// validate checks the names, which go into the objects as they are.
func (o *rbacOptions) validate() error {
	if o.name != "" && len(validation.IsDNS1123Subdomain(o.name)) > 0 {
		return fmt.Errorf("--service-account %q: expected the name of a ServiceAccount", o.name)
	}
	for flag, namespace := range map[string]string{"namespace": o.namespace, "leader-elect-resource-namespace": o.lease.ResourceNamespace} {
		if len(validation.IsDNS1123Label(namespace)) > 0 {
			return fmt.Errorf("--%s %q: expected the name of a namespace", flag, namespace)
		}
	}
	return nil
}

func (o *rbacOptions) run(ctx context.Context, arguments []string, out io.Writer) error {
	if err := o.validate(); err != nil {
		return usageError{err}
	}
	read, err := o.read(ctx, arguments)
	if err != nil {
		return err
	}
	if len(read) > 1 && (o.name != "" || o.grants != "") {
		return usageError{fmt.Errorf("--service-account and --grants are for a single plugin, got %d", len(read))}
	}
	var texts []string
	host := newHostRoles(o.host, o.namespace, o.lease)
	for _, p := range read {
		if err := p.installable(); err != nil {
			return err
		}
		m, err := o.manifest(p)
		if err != nil {
			return err
		}
		r := newRoles(p, m.Grants)
		r.subject = subject{kind: serviceAccount, name: cmp.Or(o.name, m.ServiceAccount, p.name()), namespace: o.namespace}
		host.serve(p, m.Grants, r.subject.name)
		texts = append(texts, r.String())
	}
	if o.host != "" {
		texts = append(texts, host.String())
	}
	_, err = io.WriteString(out, strings.Join(texts, "---\n"))
	return err
}

// read reads the plugins that the arguments mean.
func (o *rbacOptions) read(ctx context.Context, arguments []string) ([]*plugin, error) {
	var names, files []string
	for _, argument := range arguments {
		if filepath.Ext(argument) == install.Extension {
			files = append(files, argument)
		} else {
			names = append(names, strings.Split(argument, ",")...)
		}
	}
	chosen, err := plugins.Choose(plugins.Controllers(), names)
	if err != nil {
		return nil, usageError{err}
	}
	var read []*plugin
	if len(chosen) > 0 {
		if read, err = o.plugins.readEmbedded(ctx, chosen); err != nil {
			return nil, err
		}
	}
	for _, file := range files {
		p, err := o.plugins.readFile(ctx, file, o.grants, beside(file))
		if err != nil {
			return nil, err
		}
		read = append(read, p)
	}
	return read, nil
}

// manifest returns what says what the plugin is granted.
func (o *rbacOptions) manifest(p *plugin) (*manifest.Manifest, error) {
	var content []byte
	var err error
	if o.grants != "" {
		content, err = os.ReadFile(o.grants)
	} else if p.embedded == nil {
		return &manifest.Manifest{ServiceAccount: read(beside(p.path)).ServiceAccount, Grants: grant.Wanted(p.description)}, nil
	}
	if err == nil && p.embedded != nil {
		content, err = manifest.Overlay(p.embedded.Manifest, content)
	}
	var m *manifest.Manifest
	if err == nil {
		m, err = manifest.Parse(content)
	}
	if err != nil {
		return nil, fmt.Errorf("--grants %s: %w", o.grants, err)
	}
	return m, nil
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/manifest"
)

// rbacOptions are the values of the flags of rbac.
type rbacOptions struct {
	name      string
	namespace string
	grants    string
}

func rbacCommand() *cobra.Command {
	o := &rbacOptions{namespace: metav1.NamespaceSystem}
	command := pluginCommand(&cobra.Command{
		Use:   "rbac FILE.wasm | CONTROLLER",
		Short: "Print the RBAC objects that a module needs",
		Long: `Prints a ServiceAccount with the roles and bindings that the requests of a
module need, ready for kubectl apply: for all that it wants, or with --grants
for what of that an operator's file grants. No cluster is needed.`,
	}, o.operatorsFiles, o.say)
	command.Flags().StringVar(&o.name, "service-account", o.name,
		"Name of the ServiceAccount. If empty, it is the one of --grants or of the file beside the module, or the name of the plugin.")
	command.Flags().StringVar(&o.namespace, "namespace", o.namespace, "Namespace of the ServiceAccount.")
	command.Flags().StringVar(&o.grants, "grants", o.grants,
		"Operator's file, NAME.yaml. Where its grants are limited to namespaces, the roles are; if empty, everything is granted that the module wants.")
	return command
}

// validate checks the names, which go into the objects as they are.
func (o *rbacOptions) validate() error {
	if o.name != "" && len(validation.IsDNS1123Subdomain(o.name)) > 0 {
		return fmt.Errorf("--service-account %q: expected the name of a ServiceAccount", o.name)
	}
	if len(validation.IsDNS1123Label(o.namespace)) > 0 {
		return fmt.Errorf("--namespace %q: expected the name of a namespace", o.namespace)
	}
	return nil
}

func (o *rbacOptions) operatorsFiles(path string) []string {
	return []string{o.grants, beside(path)}
}

func (o *rbacOptions) say(p *plugin, out io.Writer) error {
	if err := o.validate(); err != nil {
		return usageError{err}
	}
	if err := p.installable(); err != nil {
		return err
	}
	m, err := o.manifest(p)
	if err != nil {
		return err
	}
	r := newRoles(p, m.Grants)
	r.account = cmp.Or(o.name, m.ServiceAccount, p.name())
	r.namespace = o.namespace
	_, err = io.WriteString(out, r.String())
	return err
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

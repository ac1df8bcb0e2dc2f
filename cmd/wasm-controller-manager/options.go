// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/cli/globalflag"
	componentbaseconfig "k8s.io/component-base/config"
	"k8s.io/component-base/logs"
	logsapi "k8s.io/component-base/logs/api/v1"
	_ "k8s.io/component-base/logs/json/register" // --logging-format=json
	"k8s.io/component-base/term"

	"github.com/wasm-controller-manager/wcm/host/elect"
	"github.com/wasm-controller-manager/wcm/host/serve"
	"github.com/wasm-controller-manager/wcm/host/sign"
)

// options are the values of all flags.
type options struct {
	kubeconfig string
	master     string
	qps        float32
	burst      int

	controllers      controllerOptions
	pluginDir        string
	plugins          []string
	compile          compileOptions
	signingKeys      []string
	idleAfter        time.Duration
	reconcileTimeout time.Duration
	shutdownTimeout  time.Duration

	ownAccounts bool
	accountsIn  string

	election componentbaseconfig.LeaderElectionConfiguration
	serving  *serve.Options
	logging  *logsapi.LoggingConfiguration
}

func newOptions() *options {
	return &options{
		qps: 20, burst: 30, // kube-controller-manager's
		controllers:      newControllerOptions(),
		compile:          newCompileOptions(),
		idleAfter:        30 * time.Second,
		reconcileTimeout: time.Minute,
		shutdownTimeout:  10 * time.Second,
		accountsIn:       metav1.NamespaceSystem,
		election:         elect.DefaultConfiguration(),
		serving:          serve.DefaultOptions(),
		logging:          logsapi.NewLoggingConfiguration(),
	}
}

// addFlags adds the flags in sections, as Kubernetes' own components do.
func (o *options) addFlags(command *cobra.Command) {
	var sections cliflag.NamedFlagSets
	plugins := sections.FlagSet("plugins")
	plugins.StringVar(&o.pluginDir, "plugin-dir", o.pluginDir,
		"Directory whose NAME.wasm files are the plugins. It is watched: files that come, change or go take effect at once.")
	plugins.StringSliceVar(&o.plugins, "plugin", o.plugins,
		"A plugin's .wasm file outside of the plugin directory. May be given several times.")
	o.compile.addFlags(plugins)
	plugins.StringArrayVar(&o.signingKeys, "signing-key", o.signingKeys,
		"A private key that signs tokens for plugins to which it is granted, as `NAME=FILE`. The file has an RSA or ECDSA key in PEM and is read at the start. "+
			"A plugin can claim to be anybody in them, unless ,issuer=ISSUER and ,subject-prefix=PREFIX behind the file, which may be repeated, say whom. "+
			"May be given several times.")
	plugins.DurationVar(&o.idleAfter, "plugin-idle-after", o.idleAfter,
		"How long an instance of a plugin that has no work for it stays in memory, and up to twice that; when there is none, the plugin's code stays as long again. "+
			"Both come back when there is work.")
	plugins.DurationVar(&o.reconcileTimeout, "reconcile-timeout", o.reconcileTimeout,
		"How long one reconcile may take before its guest is stopped, unless the plugin's file says otherwise; 0: no limit.")

	generic := sections.FlagSet("generic")
	generic.StringVar(&o.kubeconfig, "kubeconfig", o.kubeconfig,
		"Path to a kubeconfig with authorization and master location; empty: the one of the pod that this runs in.")
	generic.StringVar(&o.master, "master", o.master, "The address of the API server (overrides any value in the kubeconfig).")
	generic.Float32Var(&o.qps, "kube-api-qps", o.qps, "Queries per second to the API server, of each plugin by itself unless its file says otherwise.")
	generic.IntVar(&o.burst, "kube-api-burst", o.burst, "Burst of queries to the API server, of each plugin by itself unless its file says otherwise.")
	generic.DurationVar(&o.shutdownTimeout, "controller-shutdown-timeout", o.shutdownTimeout,
		"How long reconciles in flight may take to end at shutdown, before the lease is released.")
	generic.BoolVar(&o.ownAccounts, "use-service-account-credentials", o.ownAccounts,
		"Send the requests of each plugin with a token of its own ServiceAccount, which is created if there is none: "+
			"that of the plugin's name, or of serviceAccount in its NAME.yaml.")
	generic.StringVar(&o.accountsIn, "service-account-namespace", o.accountsIn,
		"Namespace of the ServiceAccounts of --use-service-account-credentials.")
	o.controllers.addFlags(&sections)
	elect.AddFlags(&o.election, sections.FlagSet("leader election"))
	o.serving.AddFlags(&sections)
	logsapi.AddFlags(o.logging, sections.FlagSet("logs"))
	globalflag.AddGlobalFlags(sections.FlagSet("global"), name, logs.SkipLoggingConfigurationFlags())

	for _, section := range sections.FlagSets {
		command.Flags().AddFlagSet(section)
	}
	command.Flags().SetNormalizeFunc(cliflag.WordSepNormalizeFunc)
	setHelp(command, sections)
}

// setHelp makes the help of the program itself list its flags in sections; its
// commands keep the usual help.
func setHelp(command *cobra.Command, sections cliflag.NamedFlagSets) {
	usual := command.HelpFunc()
	command.SetHelpFunc(func(asked *cobra.Command, arguments []string) {
		if asked != command {
			usual(asked, arguments)
			return
		}
		out := command.OutOrStdout()
		fmt.Fprintf(out, "%s\n\nUsage:\n  %s\n  %s [command]\n\nCommands:\n\n", command.Long, command.UseLine(), name)
		for _, c := range command.Commands() {
			if !c.Hidden {
				fmt.Fprintf(out, "  %-12s %s\n", c.Name(), c.Short)
			}
		}
		columns, _, _ := term.TerminalSize(out)
		cliflag.PrintSections(out, sections, columns)
	})
}

// validate reports everything that is wrong with the command line at once.
func (o *options) validate() error {
	var problems []error
	if o.pluginDir == "" && len(o.plugins) == 0 && len(o.controllers.names) == 0 {
		problems = append(problems, errors.New("no plugins: give --controllers, --plugin-dir or --plugin"))
	}
	_, err := o.controllers.chosen()
	problems = append(problems, err)
	for _, file := range o.plugins {
		if filepath.Ext(file) != ".wasm" {
			problems = append(problems, fmt.Errorf("--plugin %s: expected the name of a .wasm file", file))
		} else if _, err := os.Stat(file); err != nil {
			problems = append(problems, fmt.Errorf("--plugin: %w", err))
		}
	}
	if o.qps <= 0 || o.burst <= 0 {
		problems = append(problems, errors.New("--kube-api-qps and --kube-api-burst must be positive"))
	}
	if o.idleAfter <= 0 {
		problems = append(problems, errors.New("--plugin-idle-after must be positive"))
	}
	if o.ownAccounts && o.accountsIn == "" {
		problems = append(problems, errors.New("--use-service-account-credentials needs --service-account-namespace"))
	}
	problems = append(problems, o.compile.validate())
	_, err = o.signingKeySources()
	problems = append(problems, err)
	problems = append(problems, elect.Validate(&o.election))
	problems = append(problems, o.serving.Validate())
	if err := errors.Join(problems...); err != nil {
		return usageError{err}
	}
	return nil
}

func (o *options) signingKeySources() ([]sign.Source, error) {
	var sources []sign.Source
	var problems []error
	for _, text := range o.signingKeys {
		s, err := sign.ParseSource(text)
		if err != nil {
			problems = append(problems, fmt.Errorf("--signing-key: %w", err))
		}
		sources = append(sources, s)
	}
	return append(sources, o.controllers.keySources()...), errors.Join(problems...)
}

// accountNamespace is where plugins have ServiceAccounts; empty: they have none.
func (o *options) accountNamespace() string {
	if !o.ownAccounts {
		return ""
	}
	return o.accountsIn
}

// restConfig is the configuration of the clients.
func (o *options) restConfig() (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags(o.master, o.kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("--kubeconfig %q: %w", o.kubeconfig, err)
	}
	config.QPS, config.Burst = o.qps, o.burst
	config.UserAgent = name + "/" + version
	config.DisableCompression = true // as kube-controller-manager: masters are near to each other
	return config, nil
}

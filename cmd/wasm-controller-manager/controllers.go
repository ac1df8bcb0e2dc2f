// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"text/tabwriter"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
	cliflag "k8s.io/component-base/cli/flag"

	"github.com/wasm-controller-manager/wcm/host/install"
	"github.com/wasm-controller-manager/wcm/host/manifest"
	"github.com/wasm-controller-manager/wcm/host/module"
	"github.com/wasm-controller-manager/wcm/host/sign"
	"github.com/wasm-controller-manager/wcm/plugins"
)

// controllerOptions are the values of the flags that choose embedded
// controllers and set them up.
type controllerOptions struct {
	list  bool
	names []string
	// flags has those of controllerFlags whose controllers this program has.
	flags *pflag.FlagSet
}

func newControllerOptions() controllerOptions {
	return controllerOptions{flags: pflag.NewFlagSet("controllers", pflag.ContinueOnError)}
}

func (o *controllerOptions) addFlags(sections *cliflag.NamedFlagSets) {
	generic := sections.FlagSet("generic")
	generic.StringSliceVar(&o.names, "controllers", o.names, "A list of the embedded controllers to run: "+
		"'*' for all that are on by default, 'foo' for the controller named 'foo', '-foo' to leave it out; the first entry for a controller counts. "+
		"If empty, none runs: two managers of the same objects do damage, so leave out what kube-controller-manager runs.")
	generic.BoolVar(&o.list, "list-controllers", o.list,
		"Print the embedded controllers and exit: name, older name, whether they are on by default, digest of the module.")
	for i := range controllerFlags {
		if f := &controllerFlags[i]; f.known() {
			f.add(sections.FlagSet(f.section))
			o.flags.AddFlag(sections.FlagSet(f.section).Lookup(f.name))
		}
	}
}

// chosen returns the controllers to run.
func (o *controllerOptions) chosen() ([]plugins.Controller, error) {
	chosen, err := plugins.Choose(plugins.Controllers(), o.names)
	if err != nil {
		return nil, fmt.Errorf("--controllers: %w", err)
	}
	return chosen, nil
}

// embedded returns the plugins that are to be installed. The certificates of the
// API server are those by which the host itself knows it, if a flag does not
// name others.
func (o *controllerOptions) embedded(config *rest.Config, keys *sign.Keys, logger *slog.Logger) (install.Embedded, error) {
	chosen, err := o.chosen()
	if err != nil || len(chosen) == 0 {
		return install.Embedded{}, err
	}
	if _, err := plugins.Module(); err != nil {
		return install.Embedded{}, err
	}
	e := install.Embedded{Module: plugins.Module, Plugins: map[string]func([]byte) ([]byte, error){}}
	var problems []error
	for _, c := range chosen {
		if o.off(c.Name, keys) {
			logger.Info("Controller does not run, its flags switch it off", "controller", c.Name)
			continue
		}
		own, err := o.manifest(&c, config)
		if err != nil {
			problems = append(problems, err)
		}
		e.Plugins[c.Name] = func(operators []byte) ([]byte, error) { return manifest.Overlay(own, operators) }
	}
	return e, errors.Join(problems...)
}

// manifest returns the file of a controller with what the flags say over it.
func (o *controllerOptions) manifest(c *plugins.Controller, config *rest.Config) ([]byte, error) {
	settings, limits := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if c.Name == rootCAPublisher {
		authorities, err := authoritiesOf(config)
		if err != nil {
			return nil, err
		}
		settings["rootCA"] = text(string(authorities))
	}
	for i := range controllerFlags {
		f := &controllerFlags[i]
		flag := o.flags.Lookup(f.name)
		if flag == nil || !flag.Changed || !f.isFor(c.Name) {
			continue
		}
		if err := f.set(flag.Value, settings, limits); err != nil {
			return nil, fmt.Errorf("--%s: %w", f.name, err)
		}
	}
	over := map[string]any{"limits": limits}
	if len(settings) > 0 { // for some controllers there are none
		over["settings"] = settings
	}
	content, err := json.Marshal(over)
	if err != nil {
		return nil, err
	}
	return manifest.Overlay(c.Manifest, content)
}

// off reports whether a controller is chosen in vain: it is switched off, or
// lacks the key without which it can do nothing.
func (o *controllerOptions) off(name string, keys *sign.Keys) bool {
	for i := range controllerFlags {
		f := &controllerFlags[i]
		if !f.isFor(name) {
			continue
		}
		value := o.flags.Lookup(f.name).Value.String()
		if f.meaning == asSwitch && value == "false" || f.meaning == asKey && !keys.Has(accountKey) {
			return true
		}
	}
	return false
}

// keySources returns the keys that flags of controllers name. They sign tokens
// that count only if they stand in a Secret as well.
func (o *controllerOptions) keySources() []sign.Source {
	var sources []sign.Source
	for i := range controllerFlags {
		f := &controllerFlags[i]
		if flag := o.flags.Lookup(f.name); f.meaning == asKey && flag != nil && flag.Value.String() != "" {
			sources = append(sources, sign.Source{
				Name: accountKey, File: flag.Value.String(),
				Issuers: []string{"kubernetes/serviceaccount"}, SubjectPrefixes: []string{"system:serviceaccount:"},
			})
		}
	}
	return sources
}

// authoritiesOf returns the certificates of the authorities that a client
// believes; none if they are those of the system.
func authoritiesOf(config *rest.Config) ([]byte, error) {
	if file := config.CAFile; len(config.CAData) == 0 && file != "" {
		return os.ReadFile(file)
	}
	return config.CAData, nil
}

// printControllers writes the table of --list-controllers.
func printControllers(out io.Writer) error {
	digest := "none"
	wasm, err := plugins.Module()
	if err == nil {
		digest = string(module.DigestOf(wasm))
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tALIAS\tDEFAULT\tMODULE")
	for _, c := range plugins.Controllers() {
		alias, byDefault := c.Alias, "on"
		if alias == "" {
			alias = "-"
		}
		if c.OnRequest {
			byDefault = "off"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", c.Name, alias, byDefault, digest)
	}
	return errors.Join(table.Flush(), err)
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"errors"
	"fmt"
	"net"

	cliflag "k8s.io/component-base/cli/flag"
)

// Options are what the flags set. Start with [DefaultOptions].
type Options struct {
	Secure         SecureOptions
	Authentication AuthenticationOptions
	Authorization  AuthorizationOptions
	// PlainAddress is where HTTP without TLS and without authentication is
	// served, "127.0.0.1:8080" for example; empty means nowhere.
	PlainAddress string
	// Profiling serves /debug/pprof/, on the plain port as well.
	Profiling bool
	// ContentionProfiling records where goroutines wait for each other.
	ContentionProfiling bool
}

// DefaultOptions returns kube-controller-manager's defaults with another port.
func DefaultOptions() *Options {
	return &Options{
		Secure:         defaultSecureOptions(),
		Authentication: defaultAuthenticationOptions(),
		Authorization:  defaultAuthorizationOptions(),
		Profiling:      true,
	}
}

// AddFlags adds the flags in kube-controller-manager's groups. The values of o
// are their defaults.
func (o *Options) AddFlags(groups *cliflag.NamedFlagSets) {
	o.Secure.addFlags(groups.FlagSet("secure serving"))
	o.Authentication.addFlags(groups.FlagSet("authentication"))
	o.Authorization.addFlags(groups.FlagSet("authorization"))
	groups.FlagSet("plain serving").StringVar(&o.PlainAddress, "plain-bind-address", o.PlainAddress,
		"Address to serve plain HTTP on, without TLS, authentication and authorization, for example 127.0.0.1:8080. Empty serves none.")
	debugging := groups.FlagSet("debugging")
	debugging.BoolVar(&o.Profiling, "profiling", o.Profiling,
		"Serve profiles of the process at /debug/pprof/.")
	debugging.BoolVar(&o.ContentionProfiling, "contention-profiling", o.ContentionProfiling,
		"Record blocking of goroutines, if --profiling is set.")
}

// Validate says everything that is wrong, by the names of the flags.
func (o *Options) Validate() error {
	errs := []error{o.Secure.validate(), o.Authentication.validate()}
	if o.PlainAddress != "" {
		if _, _, err := net.SplitHostPort(o.PlainAddress); err != nil {
			errs = append(errs, fmt.Errorf("--plain-bind-address: %w; want host:port", err))
		}
	}
	return errors.Join(errs...)
}

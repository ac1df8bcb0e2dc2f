// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	cliflag "k8s.io/component-base/cli/flag"
)

// The flags and defaults are those of kube-controller-manager 1.37; only the
// port differs, and --plain-bind-address is ours.
func TestFlags(t *testing.T) {
	want := map[string]map[string]string{
		"secure serving": {
			"bind-address": "0.0.0.0", "cert-dir": "", "disable-http2-serving": "false",
			"http2-max-streams-per-connection": "0", "permit-address-sharing": "false",
			"permit-port-sharing": "false", "secure-port": "10260", "tls-cert-file": "",
			"tls-cipher-suites": "[]", "tls-curve-preferences": "[]", "tls-min-version": "",
			"tls-private-key-file": "", "tls-sni-cert-key": "[]",
		},
		"authentication": {
			"authentication-kubeconfig": "", "authentication-skip-lookup": "false",
			"authentication-token-webhook-cache-ttl": "10s", "authentication-tolerate-lookup-failure": "false",
			"client-ca-file": "", "requestheader-allowed-names": "[]", "requestheader-client-ca-file": "",
			"requestheader-extra-headers-prefix": "[x-remote-extra-]", "requestheader-group-headers": "[x-remote-group]",
			"requestheader-uid-headers": "[]", "requestheader-username-headers": "[x-remote-user]",
		},
		"authorization": {
			"authorization-always-allow-paths": "[/healthz,/readyz,/livez]", "authorization-kubeconfig": "",
			"authorization-webhook-cache-authorized-ttl": "10s", "authorization-webhook-cache-unauthorized-ttl": "10s",
		},
		"plain serving": {"plain-bind-address": ""},
		"debugging":     {"profiling": "true", "contention-profiling": "false"},
	}
	var groups cliflag.NamedFlagSets
	DefaultOptions().AddFlags(&groups)
	got := map[string]map[string]string{}
	for group, flags := range groups.FlagSets {
		got[group] = map[string]string{}
		flags.VisitAll(func(f *pflag.Flag) { got[group][f.Name] = f.DefValue })
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("flags and their defaults: -want +got:\n%s", diff)
	}
	if err := DefaultOptions().Validate(); err != nil {
		t.Errorf("Validate() of the defaults = %v, want nil", err)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Secure.Port = 65536 }, "--secure-port: 65536"},
		{func(o *Options) { o.Secure.CertFile = "cert.pem" }, "--tls-private-key-file"},
		{func(o *Options) { o.Secure.MinTLSVersion = "VersionTLS9" }, "--tls-min-version"},
		{func(o *Options) { o.Secure.CipherSuites = []string{"ROT13"} }, "--tls-cipher-suites"},
		{func(o *Options) { o.Secure.CurvePreferences = []int32{0} }, "--tls-curve-preferences"},
		{func(o *Options) { o.Secure.HTTP2MaxStreams = -1 }, "--http2-max-streams-per-connection"},
		{func(o *Options) { o.Authentication.RequestHeader.UsernameHeaders = []string{" "} }, "--requestheader-username-headers"},
		{func(o *Options) { o.PlainAddress = "8080" }, "--plain-bind-address"},
	} {
		o := DefaultOptions()
		c.change(o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Validate() = %v, want an error with %q", err, c.want)
		}
	}
}

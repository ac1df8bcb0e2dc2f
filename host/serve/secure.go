// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/spf13/pflag"
	cliflag "k8s.io/component-base/cli/flag"
)

// DefaultSecurePort is the next after those of kube-controller-manager (10257),
// cloud-controller-manager (10258) and kube-scheduler (10259).
const DefaultSecurePort = 10260

// SecureOptions are the secure port and its certificates.
type SecureOptions struct {
	BindAddress net.IP
	Port        int // 0: not served
	// Listener is used instead of the two, if it is set.
	Listener net.Listener
	// CertFile and KeyFile are the serving certificate. They are read again
	// when they change.
	CertFile, KeyFile string
	// CertDir gets the self-signed certificate that is made if there is no
	// CertFile; empty keeps it in memory.
	CertDir string
	// SNI are further certificates by the name that a client asks for.
	SNI []cliflag.NamedCertKey

	CipherSuites     []string
	CurvePreferences []int32
	MinTLSVersion    string

	DisableHTTP2         bool
	HTTP2MaxStreams      int // per connection; 0: Go's default
	PermitPortSharing    bool
	PermitAddressSharing bool
}

func defaultSecureOptions() SecureOptions {
	return SecureOptions{BindAddress: net.IPv4zero, Port: DefaultSecurePort}
}

func (o *SecureOptions) addFlags(f *pflag.FlagSet) {
	f.IPVar(&o.BindAddress, "bind-address", o.BindAddress,
		"IP address to listen on for --secure-port. An unspecified one (0.0.0.0 or ::) means all interfaces and address families.")
	f.IntVar(&o.Port, "secure-port", o.Port,
		"Port to serve HTTPS on, with authentication and authorization. 0 serves none.")
	f.StringVar(&o.CertDir, "cert-dir", o.CertDir,
		"Directory of the self-signed certificate that is made if --tls-cert-file is not given. Empty keeps it in memory.")
	f.StringVar(&o.CertFile, "tls-cert-file", o.CertFile,
		"File with the serving certificate, followed by those of its authorities, if any.")
	f.StringVar(&o.KeyFile, "tls-private-key-file", o.KeyFile,
		"File with the private key of --tls-cert-file.")
	f.Var(cliflag.NewNamedCertKeyArray(&o.SNI), "tls-sni-cert-key",
		"Certificate and key for some host names: \"cert.pem,key.pem\" for the names of the certificate, or \"cert.pem,key.pem:*.example.com,example.com\". May be repeated.")
	f.StringSliceVar(&o.CipherSuites, "tls-cipher-suites", o.CipherSuites,
		"Cipher suites of TLS 1.2; empty means Go's. Preferred: "+strings.Join(cliflag.PreferredTLSCipherNames(), ", ")+
			". Insecure: "+strings.Join(cliflag.InsecureTLSCipherNames(), ", ")+".")
	f.Int32SliceVar(&o.CurvePreferences, "tls-curve-preferences", o.CurvePreferences,
		"Key exchange mechanisms by their numbers in Go's crypto/tls; empty means Go's.")
	f.StringVar(&o.MinTLSVersion, "tls-min-version", o.MinTLSVersion,
		"Lowest version of TLS: "+strings.Join(cliflag.TLSPossibleVersions(), ", ")+".")
	f.BoolVar(&o.DisableHTTP2, "disable-http2-serving", o.DisableHTTP2,
		"Serve HTTP/1.1 only.")
	f.IntVar(&o.HTTP2MaxStreams, "http2-max-streams-per-connection", o.HTTP2MaxStreams,
		"Streams that a client may have open on one HTTP/2 connection. 0 means Go's default.")
	f.BoolVar(&o.PermitPortSharing, "permit-port-sharing", o.PermitPortSharing,
		"Listen with SO_REUSEPORT, so that several processes may share the port.")
	f.BoolVar(&o.PermitAddressSharing, "permit-address-sharing", o.PermitAddressSharing,
		"Listen with SO_REUSEADDR, so that addresses may overlap and sockets in TIME_WAIT do not matter.")
}

func (o *SecureOptions) validate() error {
	var errs []error
	if o.Port < 0 || o.Port > 65535 {
		errs = append(errs, fmt.Errorf("--secure-port: %d is not between 0 and 65535", o.Port))
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		errs = append(errs, errors.New("--tls-cert-file and --tls-private-key-file: both or none must be given"))
	}
	if o.HTTP2MaxStreams < 0 {
		errs = append(errs, fmt.Errorf("--http2-max-streams-per-connection: %d is negative", o.HTTP2MaxStreams))
	}
	if _, err := o.tlsConfig(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// tlsConfig is the part of the configuration that does not change.
func (o *SecureOptions) tlsConfig() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	if o.DisableHTTP2 {
		c.NextProtos = c.NextProtos[1:]
	}
	if o.MinTLSVersion != "" {
		version, err := cliflag.TLSVersion(o.MinTLSVersion)
		if err != nil {
			return nil, fmt.Errorf("--tls-min-version: %w", err)
		}
		c.MinVersion = version
	}
	if len(o.CipherSuites) > 0 {
		suites, err := cliflag.TLSCipherSuites(o.CipherSuites)
		if err != nil {
			return nil, fmt.Errorf("--tls-cipher-suites: %w", err)
		}
		c.CipherSuites = suites
	}
	for _, curve := range o.CurvePreferences {
		if curve <= 0 || curve > 1<<16-1 {
			return nil, fmt.Errorf("--tls-curve-preferences: %d is not the number of a curve", curve)
		}
		c.CurvePreferences = append(c.CurvePreferences, tls.CurveID(curve))
	}
	return c, nil
}

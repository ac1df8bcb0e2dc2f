// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	certificates "k8s.io/apiserver/pkg/server/dynamiccertificates"
	certutil "k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// pairName is the name of the self-signed certificate in --cert-dir.
const pairName = "wasm-controller-manager"

// watchers keep certificates and authorities up to date, each until its
// context ends. They hold goroutines from the start, which end only by running.
type watchers []func(context.Context)

// add takes over a source of certificates, unless it is static, and reads it
// for the first time.
func (w *watchers) add(ctx context.Context, source any) error {
	runner, ok := source.(certificates.ControllerRunner)
	if !ok {
		return nil
	}
	*w = append(*w, func(ctx context.Context) { runner.Run(ctx, 1) })
	return runner.RunOnce(ctx)
}

// serveTLS returns the configuration of TLS, which follows the certificate
// files and clientCA as they change; clientCA may be nil.
func (o *SecureOptions) serveTLS(ctx context.Context, w *watchers, clientCA certificates.CAContentProvider) (*tls.Config, error) {
	config, err := o.tlsConfig()
	if err != nil {
		return nil, err
	}
	serving, err := o.servingCertificate()
	if err != nil {
		return nil, err
	}
	sni, err := o.sniCertificates()
	if err != nil {
		return nil, err
	}
	if clientCA != nil {
		// Certificates are asked for, and verified by the authenticator: who has
		// none may have a token.
		config.ClientAuth = tls.RequestClientCert
	}
	dynamic := certificates.NewDynamicServingCertificateController(config, clientCA, serving, sni, nil)
	*w = append(*w, func(ctx context.Context) { dynamic.Run(1, ctx.Done()) })
	sources := []certificates.Notifier{serving}
	for _, s := range sni {
		sources = append(sources, s)
	}
	for _, source := range sources {
		source.AddListener(dynamic)
		if err := w.add(ctx, source); err != nil {
			return nil, err
		}
	}
	if clientCA != nil {
		clientCA.AddListener(dynamic)
		_ = w.add(ctx, clientCA) // until it can be read, clients are anonymous
	}
	if err := dynamic.RunOnce(); err != nil {
		return nil, err
	}
	config.GetConfigForClient = dynamic.GetConfigForClient
	return config, nil
}

func (o *SecureOptions) servingCertificate() (certificates.CertKeyContentProvider, error) {
	if o.CertFile != "" {
		// Looked at first, since the following error would not name the flag.
		if _, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile); err != nil {
			return nil, fmt.Errorf("--tls-cert-file, --tls-private-key-file: %w", err)
		}
		return certificates.NewDynamicServingContentFromFiles("serving-cert", o.CertFile, o.KeyFile)
	}
	cert, key, err := o.selfSigned()
	if err != nil {
		return nil, fmt.Errorf("make a self-signed certificate: %w", err)
	}
	return certificates.NewStaticCertKeyContent("self-signed", cert, key)
}

// selfSigned returns the certificate in the certificate directory, which it
// makes if there is none.
func (o *SecureOptions) selfSigned() (cert, key []byte, err error) {
	certFile, keyFile := filepath.Join(o.CertDir, pairName+".crt"), filepath.Join(o.CertDir, pairName+".key")
	if o.CertDir != "" {
		cert, certErr := os.ReadFile(certFile)
		key, keyErr := os.ReadFile(keyFile)
		if certErr == nil && keyErr == nil {
			return cert, key, nil
		}
	}
	cert, key, err = certutil.GenerateSelfSignedCertKeyWithOptions(certutil.SelfSignedCertKeyOptions{
		Host:         "localhost",
		AlternateIPs: o.certificateIPs(),
	})
	if err != nil || o.CertDir == "" {
		return cert, key, err
	}
	return cert, key, errors.Join(certutil.WriteCert(certFile, cert), keyutil.WriteKey(keyFile, key))
}

func (o *SecureOptions) certificateIPs() []net.IP {
	ips := []net.IP{net.IPv4(127, 0, 0, 1)}
	if !o.BindAddress.IsUnspecified() {
		ips = append(ips, o.BindAddress)
	}
	return ips
}

func (o *SecureOptions) sniCertificates() ([]certificates.SNICertKeyContentProvider, error) {
	var all []certificates.SNICertKeyContentProvider
	for _, pair := range o.SNI {
		one, err := certificates.NewDynamicSNIContentFromFiles("sni-serving-cert", pair.CertFile, pair.KeyFile, pair.Names...)
		if err != nil {
			return nil, fmt.Errorf("--tls-sni-cert-key: %w", err)
		}
		all = append(all, one)
	}
	return all, nil
}

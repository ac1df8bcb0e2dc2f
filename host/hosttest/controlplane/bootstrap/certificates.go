// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

// lifetime of every certificate. The directory of a laptop may be kept for
// years, and nothing here rotates.
const lifetime = 10 * 365 * 24 * time.Hour

// createPKI writes two authorities, three leaves and the service account key.
// The keys are elliptic: an RSA key would cost more than etcd's start.
// sa.pub is written last and stands for all of them.
func (d Dir) createPKI() error {
	if _, err := os.Stat(d.PKI("sa.pub")); err == nil {
		return nil
	}
	if err := os.MkdirAll(d.PKI(""), 0o700); err != nil {
		return err
	}
	ca, err := d.createAuthority("ca", "kubernetes")
	if err != nil {
		return err
	}
	frontProxy, err := d.createAuthority("front-proxy-ca", "front-proxy-ca")
	if err != nil {
		return err
	}
	if err := d.createLeaf("apiserver", ca, servingTemplate()); err != nil {
		return err
	}
	if err := d.createLeaf("admin", ca, clientTemplate("kubernetes-admin", "system:masters")); err != nil {
		return err
	}
	if err := d.createLeaf("front-proxy-client", frontProxy, clientTemplate(frontProxyClient)); err != nil {
		return err
	}
	return d.createServiceAccountKey()
}

// authority signs leaves.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func (d Dir) createAuthority(file, name string) (*authority, error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	cert, err := d.sign(file, template, &authority{cert: template, key: key}, key)
	return &authority{cert: cert, key: key}, err
}

func (d Dir) createLeaf(file string, ca *authority, template *x509.Certificate) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	_, err = d.sign(file, template, ca, key)
	return err
}

// sign completes the template, has the authority sign it, and writes file.crt
// and file.key.
func (d Dir) sign(file string, template *x509.Certificate, ca *authority, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour) // clocks of containers lag
	template.NotAfter = template.NotBefore.Add(lifetime)
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", file, err)
	}
	if err := writePEM(d.PKI(file+".crt"), "CERTIFICATE", der); err != nil {
		return nil, err
	}
	if err := writeKey(d.PKI(file+".key"), key); err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func servingTemplate() *x509.Certificate {
	return &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, net.IPv4(10, 0, 0, 1)},
		DNSNames: []string{
			"localhost", "kubernetes", "kubernetes.default",
			"kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
		},
	}
}

func clientTemplate(user string, groups ...string) *x509.Certificate {
	return &x509.Certificate{
		Subject:     pkix.Name{CommonName: user, Organization: groups},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

func (d Dir) createServiceAccountKey() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if err := writeKey(d.PKI("sa.key"), key); err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	return writePEM(d.PKI("sa.pub"), "PUBLIC KEY", der)
}

func writeKey(name string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(name, "EC PRIVATE KEY", der)
}

func writePEM(name, kind string, der []byte) error {
	return WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

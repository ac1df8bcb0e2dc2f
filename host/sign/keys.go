// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package sign holds private keys and signs with them, so that no guest has to
// see one.
//
// Who may sign with a key can claim anything in its name. That a plugin may is
// decided by the caller; what may be claimed at all can be limited for each key.
// It knows neither guests nor Kubernetes.
package sign

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"k8s.io/client-go/util/keyutil"
)

// Source says where a key is and what it may sign.
type Source struct {
	Name string
	File string // PEM of an RSA or ECDSA private key
	// Issuers are what the claim iss of a token may be; none: anything.
	Issuers []string
	// SubjectPrefixes are with what the claim sub of a token may begin; none:
	// anything.
	SubjectPrefixes []string
}

// ParseSource reads a source as it stands on a command line:
// NAME=FILE, and behind it any number of ,issuer=ISSUER and
// ,subject-prefix=PREFIX.
func ParseSource(text string) (Source, error) {
	first, rest, _ := strings.Cut(text, ",")
	var s Source
	s.Name, s.File, _ = strings.Cut(first, "=")
	if s.Name == "" || s.File == "" {
		return s, fmt.Errorf("got %q, expected NAME=FILE", text)
	}
	for rest != "" {
		var option string
		option, rest, _ = strings.Cut(rest, ",")
		switch name, value, _ := strings.Cut(option, "="); {
		case name == "issuer" && value != "":
			s.Issuers = append(s.Issuers, value)
		case name == "subject-prefix" && value != "":
			s.SubjectPrefixes = append(s.SubjectPrefixes, value)
		default:
			return s, fmt.Errorf("got %q behind %s, expected issuer=ISSUER or subject-prefix=PREFIX", option, first)
		}
	}
	return s, nil
}

// Keys are the keys of a host by their names; nil has none. They are safe for
// concurrent use.
type Keys struct{ keys map[string]*key }

// key is one key.
type key struct {
	Source
	signer jose.Signer
}

// Load reads the files of keys, which are not read again.
func Load(sources []Source) (*Keys, error) {
	k := &Keys{keys: map[string]*key{}}
	var problems []error
	for _, s := range sources {
		signer, err := load(s.File)
		if err == nil && k.keys[s.Name] != nil {
			err = errors.New("is given twice")
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("signing key %s: %w", s.Name, err))
			continue
		}
		k.keys[s.Name] = &key{Source: s, signer: signer}
	}
	return k, errors.Join(problems...)
}

// Has reports whether there is a key of the name.
func (k *Keys) Has(name string) bool { return k.key(name) != nil }

func (k *Keys) key(name string) *key {
	if k == nil {
		return nil
	}
	return k.keys[name]
}

func load(file string) (jose.Signer, error) {
	private, err := keyutil.PrivateKeyFromFile(file)
	if err != nil {
		return nil, err
	}
	algorithm, err := algorithmOf(private)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	id, err := keyID(private.(crypto.Signer).Public())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return jose.NewSigner(jose.SigningKey{
		Algorithm: algorithm,
		Key:       jose.JSONWebKey{Algorithm: string(algorithm), Key: private, KeyID: id, Use: "sig"},
	}, nil)
}

// algorithmOf returns the algorithm that Kubernetes uses with a key.
func algorithmOf(private any) (jose.SignatureAlgorithm, error) {
	switch k := private.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < 2048 {
			return "", fmt.Errorf("an RSA key of %d bits, expected 2048 at least", k.N.BitLen())
		}
		return jose.RS256, nil
	case *ecdsa.PrivateKey:
		switch k.Curve {
		case elliptic.P256():
			return jose.ES256, nil
		case elliptic.P384():
			return jose.ES384, nil
		case elliptic.P521():
			return jose.ES512, nil
		}
		return "", fmt.Errorf("an ECDSA key of the curve %s, expected P-256, P-384 or P-521", k.Params().Name)
	}
	return "", fmt.Errorf("a key of the type %T, expected RSA or ECDSA", private)
}

// keyID names a key as Kubernetes does, so that API servers find theirs.
func keyID(public crypto.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(hash[:]), nil
}

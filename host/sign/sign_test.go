// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sign_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/sign"
)

// rsaKey is slow to make, so tests share one.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func ecdsaKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// writeKey writes a private key as a PEM file.
func writeKey(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func writePKCS8(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return writeKey(t, "PRIVATE KEY", der, err)
}

func load(t *testing.T, s sign.Source) *sign.Keys {
	t.Helper()
	keys, err := sign.Load([]sign.Source{s})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// legacy are the claims of a token as it stands in a Secret.
const legacy = `{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"default",` +
	`"kubernetes.io/serviceaccount/secret.name":"build-robot-token","kubernetes.io/serviceaccount/service-account.name":"build-robot",` +
	`"kubernetes.io/serviceaccount/service-account.uid":"6f1c2f0e","sub":"system:serviceaccount:default:build-robot"}`

func TestJWT(t *testing.T) {
	for _, test := range []struct {
		algorithm string
		key       crypto.Signer
		hash      crypto.Hash
	}{
		{"RS256", rsaKey(), crypto.SHA256},
		{"ES256", ecdsaKey(t, elliptic.P256()), crypto.SHA256},
		{"ES384", ecdsaKey(t, elliptic.P384()), crypto.SHA384},
		{"ES512", ecdsaKey(t, elliptic.P521()), crypto.SHA512},
	} {
		keys := load(t, sign.Source{Name: "sa", File: writePKCS8(t, test.key)})
		for range 20 { // an ECDSA signature has a zero in front now and then
			token, err := keys.JWT("sa", []byte(legacy))
			if err != nil {
				t.Fatalf("%s: %v", test.algorithm, err)
			}
			verify(t, token, test.algorithm, test.key.Public(), test.hash)
		}
	}
}

// verify reads a token with the standard library alone.
func verify(t *testing.T, token, algorithm string, public crypto.PublicKey, hash crypto.Hash) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%s: the token %s has %d parts, want 3", algorithm, token, len(parts))
	}
	decoded := make([][]byte, 3)
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			t.Fatalf("%s: part %d: %v", algorithm, i, err)
		}
	}
	var header map[string]string
	if err := json.Unmarshal(decoded[0], &header); err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	id := crypto.SHA256.New()
	id.Write(der)
	want := map[string]string{"alg": algorithm, "kid": base64.RawURLEncoding.EncodeToString(id.Sum(nil))}
	if diff := cmp.Diff(want, header); diff != "" {
		t.Errorf("%s: header (-want +got):\n%s", algorithm, diff)
	}
	if string(decoded[1]) != legacy {
		t.Errorf("%s: payload %s, want it as it was given", algorithm, decoded[1])
	}
	h := hash.New()
	h.Write([]byte(parts[0] + "." + parts[1]))
	if !verified(public, hash, h.Sum(nil), decoded[2]) {
		t.Errorf("%s: the signature is wrong", algorithm)
	}
}

func verified(public crypto.PublicKey, hash crypto.Hash, digest, signature []byte) bool {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, hash, digest, signature) == nil
	case *ecdsa.PublicKey:
		half := (k.Params().BitSize + 7) / 8
		return len(signature) == 2*half &&
			ecdsa.Verify(k, digest, new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]))
	}
	return false
}

func TestJWTRefuses(t *testing.T) {
	key := writePKCS8(t, ecdsaKey(t, elliptic.P256()))
	free := sign.Source{Name: "sa", File: key}
	limited := sign.Source{Name: "sa", File: key, Issuers: []string{"a", "b"}, SubjectPrefixes: []string{"system:serviceaccount:x:", "robot-"}}
	for _, test := range []struct {
		reason string
		source sign.Source
		name   string
		claims string
		status abi.Status // StatusOK: it is signed
		want   string
	}{
		{"anything with a key without limits", free, "sa", `{"sub":7,"iss":null,"nested":{"sub":"x"}}`, abi.StatusOK, ""},
		{"no claims", free, "sa", `{}`, abi.StatusOK, ""},
		{"another key", free, "other", `{}`, abi.StatusNotFound, `no signing key "other"`},
		{"nothing", free, "sa", ``, abi.StatusBadRequest, "expected a JSON object"},
		{"a list", free, "sa", `[]`, abi.StatusBadRequest, "expected a JSON object"},
		{"null", free, "sa", `null`, abi.StatusBadRequest, "expected a JSON object"},
		{"white space in front", free, "sa", ` {}`, abi.StatusBadRequest, "expected a JSON object"},
		{"no UTF-8", free, "sa", "{\"sub\":\"\xff\"}", abi.StatusBadRequest, "UTF-8"},
		{"cut off", free, "sa", `{"sub":"x"`, abi.StatusBadRequest, "claims"},
		{"two objects", free, "sa", `{}{}`, abi.StatusBadRequest, "claims"},
		{"a claim twice", free, "sa", `{"sub":"x","sub":"y"}`, abi.StatusBadRequest, `duplicate field "sub"`},
		{"a claim twice, once in disguise", free, "sa", `{"sub":"x","\u0073ub":"y"}`, abi.StatusBadRequest, `duplicate field "sub"`},
		{"a name twice, deep inside", free, "sa", `{"a":[{"b":1,"b":2}]}`, abi.StatusBadRequest, "duplicate field"},
		{"nearly a claim", free, "sa", `{"sub":"x","Sub":"y"}`, abi.StatusBadRequest, `"Sub" is nearly sub`},
		{"nearly a claim, in other letters", free, "sa", `{"iſs":"x"}`, abi.StatusBadRequest, "is nearly iss"},
		{"nesting without end", free, "sa", `{"a":` + strings.Repeat("[", 1<<20), abi.StatusBadRequest, "claims"},
		{"within the limits", limited, "sa", `{"iss":"b","sub":"system:serviceaccount:x:y"}`, abi.StatusOK, ""},
		{"within the limits otherwise", limited, "sa", `{"iss":"a","sub":"robot-1"}`, abi.StatusOK, ""},
		{"another issuer", limited, "sa", `{"iss":"c","sub":"robot-1"}`, abi.StatusDenied, `claim iss: got "c", the key sa is limited to ["a" "b"]`},
		{"an issuer that begins like one", limited, "sa", `{"iss":"ab","sub":"robot-1"}`, abi.StatusDenied, "claim iss"},
		{"no issuer", limited, "sa", `{"sub":"robot-1"}`, abi.StatusDenied, "claim iss"},
		{"a list of issuers", limited, "sa", `{"iss":["a"],"sub":"robot-1"}`, abi.StatusDenied, "claim iss"},
		{"another subject", limited, "sa", `{"iss":"a","sub":"system:serviceaccount:y:x"}`, abi.StatusDenied, "claim sub"},
		{"no subject", limited, "sa", `{"iss":"a"}`, abi.StatusDenied, "claim sub"},
	} {
		token, err := load(t, test.source).JWT(test.name, []byte(test.claims))
		if test.status == abi.StatusOK {
			if err != nil || token == "" {
				t.Errorf("%s: got %q, %v, want a token", test.reason, token, err)
			}
			continue
		}
		refusal, ok := errors.AsType[*sign.Error](err)
		if !ok || refusal.Status != test.status || !strings.Contains(refusal.Message, test.want) {
			t.Errorf("%s: got %q, %v (%+v), want %s with %q", test.reason, token, err, refusal, test.status, test.want)
		}
	}
	if _, err := (*sign.Keys)(nil).JWT("sa", []byte(`{}`)); err == nil {
		t.Error("a host without keys signs")
	}
}

func TestLoad(t *testing.T) {
	ecKey, small := ecdsaKey(t, elliptic.P256()), ecdsaKey(t, elliptic.P224())
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(ecKey)
	good := writeKey(t, "EC PRIVATE KEY", sec1, err)
	public, err := x509.MarshalPKIXPublicKey(ecKey.Public())
	publicFile := writeKey(t, "PUBLIC KEY", public, err)
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	sources := []sign.Source{
		{Name: "sec1", File: good},
		{Name: "pkcs1", File: writeKey(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey()), nil)},
		{Name: "sec1", File: good},
		{Name: "none", File: filepath.Join(t.TempDir(), "none")},
		{Name: "public", File: publicFile},
		{Name: "short", File: writePKCS8(t, short)},
		{Name: "p224", File: writePKCS8(t, small)},
		{Name: "ed25519", File: writePKCS8(t, edKey)},
	}
	keys, err := sign.Load(sources)
	for _, want := range []string{
		"signing key sec1: is given twice", "signing key none: open ", "signing key public: ",
		"a key of the type ed25519.PrivateKey, expected RSA or ECDSA", "signing key p224: ",
		"an RSA key of 1024 bits, expected 2048 at least",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load: error %v, want it with %q", err, want)
		}
	}
	for _, name := range []string{"sec1", "pkcs1"} {
		if _, err := keys.JWT(name, []byte(`{}`)); err != nil {
			t.Errorf("JWT with %s: %v", name, err)
		}
	}
}

func TestParseSource(t *testing.T) {
	for text, want := range map[string]sign.Source{
		"sa=/etc/sa.key":   {Name: "sa", File: "/etc/sa.key"},
		"sa=key=1,issuer=": {},
		"sa=a,issuer=https://a.example,subject-prefix=system:serviceaccount:,issuer=b=c": {
			Name: "sa", File: "a", Issuers: []string{"https://a.example", "b=c"}, SubjectPrefixes: []string{"system:serviceaccount:"},
		},
		"": {}, "sa": {}, "sa=": {}, "=a": {}, "sa=a,issuer": {}, "sa=a,colour=red": {},
	} {
		got, err := sign.ParseSource(text)
		if want.Name == "" {
			if err == nil {
				t.Errorf("ParseSource(%q) = %+v, want an error", text, got)
			}
		} else if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("ParseSource(%q): error %v, -want +got:\n%s", text, err, diff)
		}
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sign

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/json"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Error is why something is not signed.
type Error struct {
	Status  abi.Status
	Message string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

func refuse(status abi.Status, format string, arguments ...any) error {
	return &Error{Status: status, Message: fmt.Sprintf(format, arguments...)}
}

// JWT signs claims, a JSON object, byte for byte as they are, and returns the
// token in its compact form. The error is an [*Error] as a rule.
func (k *Keys) JWT(name string, claims []byte) (string, error) {
	key := k.key(name)
	if key == nil {
		return "", refuse(abi.StatusNotFound, "the host has no signing key %q", name)
	}
	parsed, err := parseClaims(claims)
	if err != nil {
		return "", err
	}
	if err := key.allow(parsed); err != nil {
		return "", err
	}
	signature, err := key.signer.Sign(claims)
	if err != nil {
		return "", fmt.Errorf("sign with key %s: %w", name, err)
	}
	return signature.CompactSerialize()
}

// parseClaims reads claims of which there is only one reading: what a key's
// limits are compared with is what every verifier finds.
func parseClaims(claims []byte) (map[string]any, error) {
	var parsed map[string]any
	if !utf8.Valid(claims) || !bytes.HasPrefix(claims, []byte("{")) {
		return nil, refuse(abi.StatusBadRequest, "claims: expected a JSON object in UTF-8")
	}
	twice, err := json.UnmarshalStrict(claims, &parsed)
	if err == nil && len(twice) > 0 {
		err = twice[0]
	}
	if err != nil {
		return nil, refuse(abi.StatusBadRequest, "claims: %v", err)
	}
	for name := range parsed {
		for _, limited := range []string{"iss", "sub"} {
			// Some readers take one for the other, encoding/json for example.
			if name != limited && strings.EqualFold(name, limited) {
				return nil, refuse(abi.StatusBadRequest, "claims: %q is nearly %s", name, limited)
			}
		}
	}
	return parsed, nil
}

// allow reports why the key may not sign a token with the claims.
func (k *key) allow(claims map[string]any) error {
	issuer, _ := claims["iss"].(string)
	if len(k.Issuers) > 0 && !slices.Contains(k.Issuers, issuer) {
		return refuse(abi.StatusDenied, "claim iss: got %q, the key %s is limited to %q", issuer, k.Name, k.Issuers)
	}
	subject, _ := claims["sub"].(string)
	begins := func(prefix string) bool { return strings.HasPrefix(subject, prefix) }
	if len(k.SubjectPrefixes) > 0 && !slices.ContainsFunc(k.SubjectPrefixes, begins) {
		return refuse(abi.StatusDenied, "claim sub: got %q, the key %s is limited to what begins with %q", subject, k.Name, k.SubjectPrefixes)
	}
	return nil
}

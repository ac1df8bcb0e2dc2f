// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serviceaccounttoken

import (
	"bytes"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// issuer says of a token that it is good for as long as its Secret exists.
const issuer = "kubernetes/serviceaccount"

// missing returns what the Secret lacks. Its Token is empty also where one is
// needed, since that takes a signature: the second result says so.
func missing(s *Secret, rootCA string) (lacks SecretData, needsToken bool) {
	if rootCA != "" && !bytes.Equal(s.Data.RootCA, []byte(rootCA)) {
		lacks.RootCA = []byte(rootCA)
	}
	if len(s.Data.Namespace) == 0 {
		lacks.Namespace = []byte(s.Namespace)
	}
	return lacks, len(s.Data.Token) == 0
}

// claimsOf returns the claims of the token in a Secret, in the format that API
// servers look up by the Secret's name: it never expires, and is void when the
// Secret is gone or holds another token.
func claimsOf(s *Secret, account sdk.Header) map[string]string {
	const private = "kubernetes.io/serviceaccount/"
	return map[string]string{
		"iss":                            issuer,
		"sub":                            "system:serviceaccount:" + account.Namespace + ":" + account.Name,
		private + "namespace":            account.Namespace,
		private + "secret.name":          s.Name,
		private + "service-account.name": account.Name,
		private + "service-account.uid":  account.UID,
	}
}

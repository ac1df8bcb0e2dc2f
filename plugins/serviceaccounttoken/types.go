// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serviceaccounttoken

import "github.com/wasm-controller-manager/wcm/sdk"

// tokenType is the type of the Secrets that the controller fills.
const tokenType = "kubernetes.io/service-account-token"

// Secret is what the plugin reads of a Secret, of whatever type.
type Secret struct {
	sdk.Metadata
	Of struct {
		Annotations accountAnnotations `json:"annotations"`
	} `json:"metadata"`
	Type string     `json:"type"`
	Data SecretData `json:"data"`
}

// SecretData is what the controller fills.
type SecretData struct {
	Token     []byte `json:"token,omitempty"`
	RootCA    []byte `json:"ca.crt,omitempty"`
	Namespace []byte `json:"namespace,omitempty"`
}

// accountAnnotations name the ServiceAccount of a Secret.
type accountAnnotations struct {
	Name string `json:"kubernetes.io/service-account.name"`
	UID  string `json:"kubernetes.io/service-account.uid"`
}

// account returns the name of the Secret's ServiceAccount, "" if it is not a
// token of one.
func (s *Secret) account() string {
	if s.Type != tokenType {
		return ""
	}
	return s.Of.Annotations.Name
}

// belongsTo reports whether the Secret is a token of this very account: one
// without uid is of whatever account has the name.
func (s *Secret) belongsTo(account sdk.Header) bool {
	uid := s.Of.Annotations.UID
	return s.Namespace == account.Namespace && s.account() == account.Name && (uid == "" || uid == account.UID)
}

// ServiceAccount is what the plugin reads of a ServiceAccount.
type ServiceAccount struct {
	sdk.Header
	Secrets []SecretReference `json:"secrets"`
}

// SecretReference names a Secret of a ServiceAccount.
type SecretReference struct {
	Name string `json:"name"`
}

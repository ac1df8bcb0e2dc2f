// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/group"
	"k8s.io/apiserver/pkg/authentication/request/anonymous"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	"k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/apiserver/pkg/authentication/request/x509"
	"k8s.io/apiserver/pkg/authentication/token/cache"
	"k8s.io/apiserver/pkg/authentication/user"
	certificates "k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/client-go/kubernetes"
)

// AuthenticationOptions say who may be believed to be whom.
type AuthenticationOptions struct {
	// Kubeconfig leads to the API server that reviews tokens and, unless
	// SkipLookup is set, publishes the authorities of clients and proxies. Empty
	// means the one of the cluster that this process runs in, if it does, or none.
	Kubeconfig            string
	SkipLookup            bool
	TolerateLookupFailure bool
	TokenTTL              time.Duration // for which a reviewed token is believed
	ClientCAFile          string        // instead of the published one
	RequestHeader         RequestHeaderOptions
}

// RequestHeaderOptions say which proxies may tell who the user is, and where.
type RequestHeaderOptions struct {
	ClientCAFile        string // instead of the published options
	AllowedNames        []string
	UsernameHeaders     []string
	UIDHeaders          []string
	GroupHeaders        []string
	ExtraHeaderPrefixes []string
}

func defaultAuthenticationOptions() AuthenticationOptions {
	return AuthenticationOptions{
		TokenTTL: 10 * time.Second,
		RequestHeader: RequestHeaderOptions{
			UsernameHeaders:     []string{"x-remote-user"},
			GroupHeaders:        []string{"x-remote-group"},
			ExtraHeaderPrefixes: []string{"x-remote-extra-"},
		},
	}
}

func (o *AuthenticationOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.Kubeconfig, "authentication-kubeconfig", o.Kubeconfig,
		"kubeconfig of a user who may create tokenreviews. If empty, tokens are not accepted and no authority of clients is looked up, unless the process runs in a cluster.")
	f.BoolVar(&o.SkipLookup, "authentication-skip-lookup", o.SkipLookup,
		"Do not look up missing authorities in the cluster.")
	f.BoolVar(&o.TolerateLookupFailure, "authentication-tolerate-lookup-failure", o.TolerateLookupFailure,
		"Start even if the authorities cannot be looked up; clients with certificates may then count as anonymous.")
	f.DurationVar(&o.TokenTTL, "authentication-token-webhook-cache-ttl", o.TokenTTL,
		"How long the review of a token is remembered.")
	f.StringVar(&o.ClientCAFile, "client-ca-file", o.ClientCAFile,
		"File with the authorities whose client certificates are believed: the common name is the user, the organizations are the groups.")
	h := &o.RequestHeader
	f.StringVar(&h.ClientCAFile, "requestheader-client-ca-file", h.ClientCAFile,
		"File with the authorities whose client certificates identify authenticating proxies.")
	f.StringSliceVar(&h.AllowedNames, "requestheader-allowed-names", h.AllowedNames,
		"Common names of authenticating proxies. Empty allows all of --requestheader-client-ca-file.")
	f.StringSliceVar(&h.UsernameHeaders, "requestheader-username-headers", h.UsernameHeaders,
		"Headers in which a proxy gives the user.")
	f.StringSliceVar(&h.UIDHeaders, "requestheader-uid-headers", h.UIDHeaders,
		"Headers in which a proxy gives the UID of the user.")
	f.StringSliceVar(&h.GroupHeaders, "requestheader-group-headers", h.GroupHeaders,
		"Headers in which a proxy gives the groups of the user.")
	f.StringSliceVar(&h.ExtraHeaderPrefixes, "requestheader-extra-headers-prefix", h.ExtraHeaderPrefixes,
		"Prefixes of headers in which a proxy gives more about the user.")
}

func (o *AuthenticationOptions) validate() error {
	h := &o.RequestHeader
	var errs []error
	for _, list := range []struct {
		flag   string
		values []string
	}{
		{"requestheader-username-headers", h.UsernameHeaders},
		{"requestheader-uid-headers", h.UIDHeaders},
		{"requestheader-group-headers", h.GroupHeaders},
		{"requestheader-extra-headers-prefix", h.ExtraHeaderPrefixes},
	} {
		for _, value := range list.values {
			if strings.TrimSpace(value) == "" {
				errs = append(errs, fmt.Errorf("--%s: a header has no name", list.flag))
			}
		}
	}
	return errors.Join(errs...)
}

// authority is where the certificates of clients come from; each part may be nil.
type authority struct {
	clients certificates.CAContentProvider
	proxies *proxies
}

// proxies are the certificates and headers of authenticating proxies.
type proxies struct {
	ca                                   certificates.CAContentProvider
	names, users, uids, groups, prefixes headerrequest.StringSliceProvider
}

// all returns both authorities, for the handshake; nil if there is none.
func (a authority) all() certificates.CAContentProvider {
	switch {
	case a.proxies == nil:
		return a.clients
	case a.clients == nil:
		return a.proxies.ca
	}
	return certificates.NewUnionCAContentProvider(a.clients, a.proxies.ca)
}

// authenticator returns what tells who sent a request: kube-controller-manager's
// order, first proxies, then certificates, then tokens, else anonymous.
func (o *AuthenticationOptions) authenticator(a authority, client kubernetes.Interface) authenticator.Request {
	var ways []authenticator.Request
	if p := a.proxies; p != nil {
		ways = append(ways, headerrequest.NewDynamicVerifyOptionsSecure(p.ca.VerifyOptions, p.names, p.users, p.uids, p.groups, p.prefixes))
	}
	if a.clients != nil {
		ways = append(ways, x509.NewDynamic(a.clients.VerifyOptions, x509.CommonNameUserConversion))
	}
	if client != nil {
		ways = append(ways, bearertoken.New(cache.New(tokenReview{client}, false, o.TokenTTL, o.TokenTTL)))
	}
	nobody := anonymous.NewAuthenticator(nil)
	if len(ways) == 0 {
		return nobody
	}
	// A credential that is wrong is an error, not anonymous.
	return union.NewFailOnError(group.NewAuthenticatedGroupAdder(union.New(ways...)), nobody)
}

// tokenReview lets the API server say whose a token is.
type tokenReview struct{ client kubernetes.Interface }

// AuthenticateToken reviews a token.
func (t tokenReview) AuthenticateToken(ctx context.Context, token string) (*authenticator.Response, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, reviewTimeout)
	defer cancel()
	review, err := t.client.AuthenticationV1().TokenReviews().Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: token},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, false, fmt.Errorf("review token: %w", err)
	}
	if !review.Status.Authenticated {
		return nil, false, nil
	}
	u := review.Status.User
	info := &user.DefaultInfo{Name: u.Username, UID: u.UID, Groups: u.Groups, Extra: map[string][]string{}}
	for key, values := range u.Extra {
		info.Extra[key] = values
	}
	return &authenticator.Response{User: info}, true, nil
}

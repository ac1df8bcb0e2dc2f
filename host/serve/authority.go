// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	certificates "k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	certutil "k8s.io/client-go/util/cert"
)

// published is the ConfigMap in kube-system in which an API server publishes
// the authorities of its clients.
const published = "extension-apiserver-authentication"

// reviewTimeout limits a TokenReview or SubjectAccessReview.
const reviewTimeout = 10 * time.Second

// reviewClient returns the client for reviews, and nil if there is no
// kubeconfig and the process does not run in a cluster.
func reviewClient(kubeconfig string) (kubernetes.Interface, error) {
	var config *rest.Config
	var err error
	if kubeconfig == "" {
		config, err = rest.InClusterConfig()
		if errors.Is(err, rest.ErrNotInCluster) {
			return nil, nil
		}
	} else {
		config, err = clientcmd.BuildConfigFromFlags("", kubeconfig)
	}
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 200, 400 // a limit here would only delay the answers
	config.Timeout = reviewTimeout
	return kubernetes.NewForConfig(config)
}

// authority finds the authorities: from files, and what is missing from what
// the API server publishes, unless that is not wanted or there is no client.
func (o *AuthenticationOptions) authority(ctx context.Context, w *watchers, client kubernetes.Interface) (authority, error) {
	var a authority
	lookup := client != nil && !o.SkipLookup
	var err error
	switch {
	case o.ClientCAFile != "":
		a.clients, err = authorityFile("client-ca-file", o.ClientCAFile)
	case lookup:
		a.clients, err = publishedCA(client, "client-ca-file")
	}
	if err != nil {
		return a, err
	}
	switch {
	case o.RequestHeader.ClientCAFile != "":
		a.proxies, err = o.RequestHeader.proxies()
	case lookup:
		a.proxies, err = publishedProxies(ctx, w, client)
		if err != nil && o.TolerateLookupFailure {
			err = nil // what keeps them up to date goes on trying
		}
	}
	return a, err
}

// authorityFile follows a file that a flag names.
func authorityFile(flag, file string) (certificates.CAContentProvider, error) {
	// Looked at first, since the following error would not name the flag.
	if _, err := certutil.CertsFromFile(file); err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	return certificates.NewDynamicCAContentFromFile(flag, file)
}

func publishedCA(client kubernetes.Interface, key string) (*certificates.ConfigMapCAController, error) {
	return certificates.NewDynamicCAFromConfigMapController("client-ca", metav1.NamespaceSystem, published, key, client)
}

func (o *RequestHeaderOptions) proxies() (*proxies, error) {
	ca, err := authorityFile("requestheader-client-ca-file", o.ClientCAFile)
	if err != nil {
		return nil, err
	}
	return &proxies{
		ca:       ca,
		names:    headerrequest.StaticStringSlice(o.AllowedNames),
		users:    headerrequest.StaticStringSlice(o.UsernameHeaders),
		uids:     headerrequest.StaticStringSlice(o.UIDHeaders),
		groups:   headerrequest.StaticStringSlice(o.GroupHeaders),
		prefixes: headerrequest.StaticStringSlice(o.ExtraHeaderPrefixes),
	}, nil
}

func publishedProxies(ctx context.Context, w *watchers, client kubernetes.Interface) (*proxies, error) {
	ca, err := publishedCA(client, "requestheader-client-ca-file")
	if err != nil {
		return nil, err
	}
	headers := headerrequest.NewRequestHeaderAuthRequestController(published, metav1.NamespaceSystem, client,
		"requestheader-username-headers", "requestheader-uid-headers", "requestheader-group-headers",
		"requestheader-extra-headers-prefix", "requestheader-allowed-names")
	p := &proxies{
		ca:       ca,
		names:    headerrequest.StringSliceProviderFunc(headers.AllowedClientNames),
		users:    headerrequest.StringSliceProviderFunc(headers.UsernameHeaders),
		uids:     headerrequest.StringSliceProviderFunc(headers.UIDHeaders),
		groups:   headerrequest.StringSliceProviderFunc(headers.GroupHeaders),
		prefixes: headerrequest.StringSliceProviderFunc(headers.ExtraHeaderPrefixes),
	}
	// The authority itself is taken over with the rest of TLS.
	if err := errors.Join(w.add(ctx, headers), ca.RunOnce(ctx)); err != nil {
		return p, fmt.Errorf("look up the authorities of clients (see --authentication-tolerate-lookup-failure): %w", err)
	}
	return p, nil
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// readyPaths answer 200, in this order, when a control plane is complete. The
// API server calls itself ready before it has created the namespaces and the
// configuration that delegated authentication reads; tests trip over both.
var readyPaths = []string{
	"/readyz",
	"/api/v1/namespaces/default",
	"/api/v1/namespaces/kube-system",
	"/api/v1/namespaces/kube-public",
	"/api/v1/namespaces/kube-node-lease",
	"/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication",
}

// WaitReady returns when the API server at the port is ready to be used, or
// when ctx ends, with the cause and what was still missing.
func (d Dir) WaitReady(ctx context.Context, port int) error {
	client, err := d.adminClient()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	for _, path := range readyPaths {
		if err := waitOK(ctx, client, URL(port)+path); err != nil {
			return err
		}
	}
	return nil
}

// adminClient trusts and is trusted by the directory's authority.
func (d Dir) adminClient() (*http.Client, error) {
	pem, err := os.ReadFile(d.PKI("ca.crt"))
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(d.PKI("admin.crt"), d.PKI("admin.key"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &http.Client{
		Timeout: 5 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}},
		},
	}, nil
}

func waitOK(ctx context.Context, client *http.Client, url string) error {
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		last := getOK(ctx, client, url)
		if last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w (%w)", context.Cause(ctx), last)
		case <-tick.C:
		}
	}
}

func getOK(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body) // so that the connection is used again
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}

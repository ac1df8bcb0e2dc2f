// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serviceaccount

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// reconcile makes sure that one namespace has its ServiceAccount.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	namespace, err := namespaces.Get(ctx, req.Key)
	if err != nil || namespace.Status.Phase != "Active" {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	account := sdk.Header{Namespace: namespace.Name, Name: name}
	if _, err = serviceAccounts.Get(ctx, account.Key()); !sdk.IsNotFound(err) {
		return sdk.Result{}, err
	}
	_, err = serviceAccounts.Create(ctx, account)
	if sdk.IsAlreadyExists(err) || sdk.IsNotFound(err) || sdk.HasCause(err, "NamespaceTerminating") {
		err = nil // somebody was faster, or the namespace is going
	}
	return sdk.Result{}, err
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serviceaccounttoken

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// reconcile fills a Secret, or deletes it if its ServiceAccount is gone. A key
// of [deletedToken] stands for a Secret that is gone itself.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	if account, secret, deleted := cutDeleted(req.Key); deleted {
		return sdk.Result{}, dropReference(ctx, account, secret)
	}
	secret, err := secrets.Get(ctx, req.Key)
	if err != nil || secret.account() == "" || secret.Deleting() {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	account, err := accountOf(ctx, secret)
	switch {
	case err != nil:
		return sdk.Result{}, err
	case account == nil:
		sdk.LoggerFrom(ctx).Info("ServiceAccount does not exist, its token is deleted", "serviceAccount", secret.account())
		err = secrets.Delete(ctx, secret, sdk.PreconditionUID(secret.UID))
	default:
		err = fill(ctx, secret, account.Header)
	}
	return sdk.Result{}, overtaken(err)
}

// overtaken leaves out the errors of a write that somebody else's was ahead of,
// which wakes the controller if anything is left to do.
func overtaken(err error) error {
	if sdk.IsNotFound(err) || sdk.IsConflict(err) {
		return nil
	}
	return err
}

// accountOf returns the ServiceAccount of a Secret, nil if there is none. That
// there is none is asked of the API server itself, because the Secret is deleted
// then: the cache may not have an account yet that was created just before it.
func accountOf(ctx context.Context, secret *Secret) (*ServiceAccount, error) {
	name := sdk.Key{Namespace: secret.Namespace, Name: secret.account()}
	account, err := serviceAccounts.Get(ctx, name)
	if err != nil || !secret.belongsTo(account.Header) {
		account, err = serviceAccounts.Get(ctx, name, sdk.Live())
	}
	if err != nil || !secret.belongsTo(account.Header) {
		return nil, sdk.IgnoreNotFound(err)
	}
	return account, nil
}

// fill gives the Secret what it lacks.
func fill(ctx context.Context, secret *Secret, account sdk.Header) error {
	data, needsToken := missing(secret, settings.Get(ctx).RootCA)
	if needsToken {
		token, err := key.JWT(ctx, claimsOf(secret, account))
		if err != nil {
			return err
		}
		data.Token = []byte(token)
	}
	if data.Token == nil && data.RootCA == nil && data.Namespace == nil {
		return nil
	}
	change := struct {
		Metadata struct {
			Annotations accountAnnotations `json:"annotations"`
		} `json:"metadata"`
		Data SecretData `json:"data"`
	}{Data: data}
	change.Metadata.Annotations = accountAnnotations{Name: account.Name, UID: account.UID}
	_, err := secrets.Patch(ctx, secret, sdk.MergePatch(change), sdk.PreconditionUID(secret.UID), sdk.Unchanged(secret))
	return err
}

// tokensOf wakes the tokens of a ServiceAccount that is gone, or that another
// one has taken the place of.
func tokensOf(ctx context.Context, change sdk.Change[ServiceAccount]) []sdk.Key {
	if change.Before == nil || change.After != nil && change.After.UID == change.Before.UID {
		return nil
	}
	var keys []sdk.Key
	for secret, err := range secrets.All(ctx, sdk.InNamespace(change.Before.Namespace)) {
		if err != nil {
			sdk.LoggerFrom(ctx).Error(err, "Tokens of a ServiceAccount cannot be listed", "serviceAccount", change.Before.Name)
			return nil
		}
		if secret.account() == change.Before.Name {
			keys = append(keys, secret.Key())
		}
	}
	return keys
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serviceaccounttoken

import (
	"context"
	"strconv"
	"strings"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// A Secret that is gone no longer says whether it was a token, and of whom; a
// ServiceAccount does not say whether a Secret that it names was deleted or is
// yet to be created. So what is known at the deletion goes into the key.

// deletedSeparator is in no name of a Secret or a ServiceAccount.
const deletedSeparator = ":"

// deletedToken wakes a key for a token that is gone.
func deletedToken(_ context.Context, change sdk.Change[Secret]) []sdk.Key {
	before := change.Before
	if before == nil || change.After != nil && change.After.UID == before.UID || before.account() == "" {
		return nil
	}
	return []sdk.Key{{Namespace: before.Namespace, Name: before.account() + deletedSeparator + before.Name}}
}

// cutDeleted returns the ServiceAccount and the Secret of a key of deletedToken.
func cutDeleted(key sdk.Key) (account, secret sdk.Key, deleted bool) {
	accountName, secretName, deleted := strings.Cut(key.Name, deletedSeparator)
	return sdk.Key{Namespace: key.Namespace, Name: accountName}, sdk.Key{Namespace: key.Namespace, Name: secretName}, deleted
}

// dropReference takes a Secret that is gone out of the ServiceAccount. One that
// is there again, under the same name, stays.
func dropReference(ctx context.Context, account, secret sdk.Key) error {
	if _, err := secrets.Get(ctx, secret); !sdk.IsNotFound(err) {
		return err
	}
	owner, err := serviceAccounts.Get(ctx, account)
	if err != nil {
		return sdk.IgnoreNotFound(err)
	}
	for i, reference := range owner.Secrets {
		if reference.Name != secret.Name {
			continue
		}
		at := "/secrets/" + strconv.Itoa(i)
		_, err := serviceAccounts.Patch(ctx, owner,
			sdk.JSONPatch(sdk.Test(at+"/name", secret.Name), sdk.Remove(at)), sdk.PreconditionUID(owner.UID), sdk.Unchanged(owner))
		return sdk.IgnoreNotFound(err)
	}
	return nil
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package rootcacert

import (
	"context"

	"github.com/wasm-controller-manager/wcm/sdk"
)

const (
	name = "kube-root-ca.crt"
	// about tells people what the ConfigMap is, in the annotation that tools show.
	about = "The certificates that sign the API server's own, for clients inside of the cluster. " +
		"Do not use them for anything else: what they sign besides differs between clusters."
)

// reconcile makes sure that one namespace has the ConfigMap, with the bundle.
func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	namespace, err := namespaces.Get(ctx, req.Key)
	if err != nil || namespace.Status.Phase != "Active" {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	bundle := settings.Get(ctx).RootCA
	key := sdk.Key{Namespace: namespace.Name, Name: name}
	configMap, err := configMaps.Get(ctx, key)
	switch {
	case sdk.IsNotFound(err):
		err = create(ctx, key, bundle)
	case err == nil:
		err = mend(ctx, configMap, bundle)
	}
	return sdk.Result{}, err
}

func create(ctx context.Context, key sdk.Key, bundle string) error {
	configMap := ConfigMap{Header: sdk.Header{Namespace: key.Namespace, Name: key.Name}}
	configMap.Own.Annotations.Description = about
	configMap.Data.Bundle = bundle
	_, err := configMaps.Create(ctx, configMap)
	if sdk.IsNotFound(err) || sdk.HasCause(err, "NamespaceTerminating") {
		return nil // the namespace is going
	}
	return err
}

// mend restores what somebody changed. The data as a whole is replaced, because
// what else is in it is not read.
func mend(ctx context.Context, configMap *ConfigMap, bundle string) error {
	if configMap.Data.Bundle != bundle {
		data := map[string]string{"ca.crt": bundle}
		if err := patch(ctx, configMap, sdk.JSONPatch(sdk.Add("/data", data))); err != nil {
			return err
		}
	}
	if configMap.Own.Annotations.Description != "" {
		return nil
	}
	var change struct {
		Metadata struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	change.Metadata.Annotations = map[string]string{"kubernetes.io/description": about}
	return patch(ctx, configMap, sdk.MergePatch(change))
}

// patch changes the ConfigMap. One that was deleted meanwhile wakes the
// controller again.
func patch(ctx context.Context, configMap *ConfigMap, patch sdk.Patch) error {
	_, err := configMaps.Patch(ctx, configMap, patch, sdk.PreconditionUID(configMap.UID))
	return sdk.IgnoreNotFound(err)
}

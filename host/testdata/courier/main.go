// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command courier is a plugin for tests of the host: it sends the request that
// a ConfigMap with the label courier asks for and writes the answer beside it,
// and it signs the tokens of service accounts.
package main

import (
	"context"
	"encoding/base64"
	"strconv"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// server is set by the linker.
var server = "https://unset.example"

// ConfigMap is what the plugin reads of one.
type ConfigMap struct {
	sdk.Metadata
	Data map[string]string `json:"data"`
}

var (
	site = sdk.NewServer(server, "GET", "POST")
	key  = sdk.NewSigningKey("service-account")

	configMaps = sdk.NewResource[ConfigMap]("v1", "configmaps", "ConfigMap", sdk.Writes("patch"))
	secrets    = sdk.NewResource[sdk.Header]("v1", "secrets", "Secret", sdk.Uncached(), sdk.Writes("patch"))
)

func init() {
	sdk.Plugin("courier", "1")
	sdk.Register(sdk.Controller{Name: "courier", For: configMaps, Reconcile: sdk.ReconcilerFunc(reconcile), Concurrency: 2})
}

func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	order, err := configMaps.Get(ctx, req.Key)
	if err != nil || !order.Labels.Has("courier") || order.Data["result"] != "" {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	act := call
	if order.Data["account"] != "" {
		act = issue
	}
	result, err := act(ctx, order)
	if err != nil {
		result = err.Error()
	}
	patch := sdk.MergePatch(map[string]any{"data": map[string]string{"result": result}})
	_, err = configMaps.Patch(ctx, order, patch)
	return sdk.Result{}, err
}

func call(ctx context.Context, order *ConfigMap) (string, error) {
	response, err := site.Do(ctx, sdk.HTTPRequest{Method: order.Data["method"], URL: order.Data["url"], Body: []byte(order.Data["body"])})
	if err != nil {
		return "", err
	}
	return strconv.Itoa(response.Status) + " " + string(response.Body), nil
}

// issue makes the token of a service account that stands in a Secret, with the
// claims of Kubernetes' own controller.
func issue(ctx context.Context, order *ConfigMap) (string, error) {
	const private = "kubernetes.io/serviceaccount/"
	token, err := key.JWT(ctx, map[string]string{
		"iss":                            order.Data["issuer"],
		"sub":                            "system:serviceaccount:" + order.Namespace + ":" + order.Data["account"],
		private + "namespace":            order.Namespace,
		private + "secret.name":          order.Data["secret"],
		private + "service-account.name": order.Data["account"],
		private + "service-account.uid":  order.Data["uid"],
	})
	if err != nil {
		return "", err
	}
	patch := sdk.MergePatch(map[string]any{"data": map[string]string{"token": base64.StdEncoding.EncodeToString([]byte(token))}})
	_, err = secrets.Patch(ctx, sdk.Key{Namespace: order.Namespace, Name: order.Data["secret"]}, patch)
	return "issued", err
}

func main() {}

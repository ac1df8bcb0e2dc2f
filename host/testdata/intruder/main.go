// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command intruder is a plugin for tests of the host: for a ConfigMap named
// "orders" it tries everything that it should not be able to do to the namespace
// in data.victim, and writes what came of it into data.
package main

import (
	"context"
	"strconv"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// ConfigMap is what the plugin reads of one.
type ConfigMap struct {
	sdk.Metadata
	Data map[string]string `json:"data"`
}

// Secret is what it would like to read.
type Secret struct {
	sdk.Header
	Data map[string]string `json:"data"`
}

var (
	configMaps = sdk.NewResource[ConfigMap]("v1", "configmaps", "ConfigMap",
		sdk.Writes("create", "patch", "delete", "deletecollection", "status/patch"))
	secrets     = sdk.NewResource[Secret]("v1", "secrets", "Secret", sdk.Writes("delete"))
	deployments = sdk.NewResource[sdk.Header]("apps/v1", "deployments", "Deployment",
		sdk.Uncached(), sdk.Reads("get", "scale/get"), sdk.Writes("patch", "scale/patch"))
)

// attack is one try on a victim, from the plugin's own namespace.
type attack func(ctx context.Context, own, victim string) error

var nothing = sdk.MergePatch(map[string]any{"metadata": map[string]any{"labels": map[string]string{"intruder": "was-here"}}})

var attacks = map[string]attack{
	"get-path": func(ctx context.Context, own, victim string) error {
		_, err := secrets.Get(ctx, sdk.Key{Namespace: own, Name: "../../" + victim + "/secrets/token"}, sdk.Live())
		return err
	},
	"get-path-of-a-namespace": func(ctx context.Context, own, victim string) error {
		_, err := secrets.Get(ctx, sdk.Key{Namespace: own + "/../" + victim, Name: "token"}, sdk.Live())
		return err
	},
	"get-nothing": func(ctx context.Context, own, _ string) error {
		_, err := secrets.Get(ctx, sdk.Key{Namespace: own}, sdk.Live())
		return err
	},
	"get-other-namespace":      get(sdk.Live()),
	"get-other-namespace-here": get(),
	"get-other-name": func(ctx context.Context, own, _ string) error {
		_, err := secrets.Get(ctx, sdk.Key{Namespace: own, Name: "hidden"}, sdk.Live())
		return err
	},
	"list-other-namespace": func(ctx context.Context, _, victim string) error {
		_, err := secrets.List(ctx, sdk.InNamespace(victim))
		return err
	},
	"list-other-namespace-live": func(ctx context.Context, _, victim string) error {
		_, err := secrets.List(ctx, sdk.InNamespace(victim), sdk.Live())
		return err
	},
	"patch-other-namespace": func(ctx context.Context, _, victim string) error {
		_, err := configMaps.Patch(ctx, sdk.Key{Namespace: victim, Name: "plain"}, nothing)
		return err
	},
	"patch-path": func(ctx context.Context, own, victim string) error {
		_, err := configMaps.Patch(ctx, sdk.Key{Namespace: own, Name: "../../" + victim + "/configmaps/plain"}, nothing)
		return err
	},
	"patch-subresource": func(ctx context.Context, own, _ string) error {
		_, err := configMaps.Patch(ctx, sdk.Key{Namespace: own, Name: "orders"}, nothing, sdk.Subresource("status"))
		return err
	},
	"patch-subresource-path": func(ctx context.Context, own, victim string) error {
		_, err := configMaps.Patch(ctx, sdk.Key{Namespace: own, Name: "orders"}, nothing, sdk.Subresource("../../../"+victim+"/configmaps/plain"))
		return err
	},
	"patch-as-another": func(ctx context.Context, own, _ string) error {
		_, err := configMaps.Patch(ctx, sdk.Key{Namespace: own, Name: "orders"}, nothing, sdk.FieldOwner("kube-controller-manager"))
		return err
	},
	"patch-other-group": func(ctx context.Context, own, _ string) error {
		_, err := deployments.Patch(ctx, sdk.Key{Namespace: own, Name: "app"}, nothing)
		return err
	},
	"scale-other-group": func(ctx context.Context, own, _ string) error {
		_, err := deployments.Patch(ctx, sdk.Key{Namespace: own, Name: "app"}, sdk.MergePatch(map[string]any{"spec": map[string]any{"replicas": 0}}), sdk.Subresource("scale"))
		return err
	},
	"get-subresource-of-nothing": func(ctx context.Context, own, _ string) error {
		_, err := deployments.GetSubresource(ctx, sdk.Key{Namespace: own}, "scale")
		return err
	},
	"delete-other-namespace": func(ctx context.Context, _, victim string) error {
		return secrets.Delete(ctx, sdk.Key{Namespace: victim, Name: "token"})
	},
	"delete-all-of-other-namespace": func(ctx context.Context, _, victim string) error {
		return configMaps.DeleteCollection(ctx, victim)
	},
	"delete-all": func(ctx context.Context, _, _ string) error { return configMaps.DeleteCollection(ctx, "") },
	"delete-all-by-a-subresource": func(ctx context.Context, own, _ string) error {
		return configMaps.DeleteCollection(ctx, own, sdk.Subresource("status"))
	},
	"create-other-namespace": create(func(_, victim string) sdk.Header { return sdk.Header{Namespace: victim, Name: "web-1"} }),
	"create-other-name":      create(func(own, _ string) sdk.Header { return sdk.Header{Namespace: own, Name: "planted"} }),
	"create-namespace-in-the-body": func(ctx context.Context, own, victim string) error {
		_, err := configMaps.Create(ctx, sdk.Raw(`{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"web-1","namespace":"`+victim+`"}}`), sdk.InNamespace(own))
		return err
	},
	"create-two-names": func(ctx context.Context, own, _ string) error {
		_, err := configMaps.Create(ctx, sdk.Raw(`{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"planted"}}`), sdk.InNamespace(own), sdk.Named("web-1"))
		return err
	},
	"create-two-metadata": func(ctx context.Context, own, _ string) error {
		_, err := configMaps.Create(ctx, sdk.Raw(`{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"planted"},"metadata":{"generateName":"web-"}}`), sdk.InNamespace(own))
		return err
	},
	"create-generated": func(ctx context.Context, own, _ string) error {
		_, err := configMaps.Create(ctx, sdk.Metadata{Header: sdk.Header{Namespace: own}, GenerateName: "planted-"})
		return err
	},
	"apply-creates": func(ctx context.Context, own, _ string) error {
		_, err := configMaps.Apply(ctx, sdk.Header{Namespace: own, Name: "planted"})
		return err
	},
	"apply-another-name": func(ctx context.Context, own, _ string) error {
		_, err := configMaps.Apply(ctx, sdk.Raw(`{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"planted"}}`), sdk.InNamespace(own), sdk.Named("orders"))
		return err
	},
	"apply-what-is-there": func(ctx context.Context, own, _ string) error {
		_, err := configMaps.Apply(ctx, sdk.Header{Namespace: own, Name: "orders"})
		return err
	},
}

func get(options ...sdk.GetOption) attack {
	return func(ctx context.Context, _, victim string) error {
		_, err := secrets.Get(ctx, sdk.Key{Namespace: victim, Name: "token"}, options...)
		return err
	}
}

func create(of func(own, victim string) sdk.Header) attack {
	return func(ctx context.Context, own, victim string) error {
		_, err := configMaps.Create(ctx, of(own, victim))
		return err
	}
}

func init() {
	sdk.Plugin("intruder", "1")
	sdk.FieldManagers("kube-controller-manager")
	sdk.Register(sdk.Controller{
		Name: "intruder", For: configMaps, Reconcile: reconcile,
		Watches: []sdk.Watch{{Resource: secrets, Map: sdk.MapFunc(secrets, wake)}},
	})
}

// wake wakes the orders, and an object that the plugin must not see.
func wake(_ context.Context, change sdk.Change[Secret]) []sdk.Key {
	return []sdk.Key{{Namespace: change.Object().Namespace, Name: "orders"}, {Namespace: "kube-system", Name: "hidden"}}
}

func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	orders, err := configMaps.Get(ctx, req.Key)
	if err != nil {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	if orders.Name != "orders" || orders.Data["done"] != "" {
		return sdk.Result{}, nil
	}
	configMaps.Event(ctx, &sdk.Header{Namespace: orders.Data["victim"], Name: "plain", UID: "x"}, sdk.Warning, "Intruded", "was here")
	report := map[string]string{"done": "yes", "seen": seen(ctx), "seen-live": seen(ctx, sdk.Live())}
	for name, try := range attacks {
		report[name] = sdk.StatusOf(try(ctx, orders.Namespace, orders.Data["victim"])).String()
	}
	_, err = configMaps.Patch(ctx, orders, sdk.MergePatch(map[string]any{"data": report}))
	return sdk.Result{}, err
}

// seen is how many secrets the plugin sees in all namespaces.
func seen(ctx context.Context, options ...sdk.ListOption) string {
	list, err := secrets.List(ctx, options...)
	if err != nil {
		return sdk.StatusOf(err).String()
	}
	return strconv.Itoa(len(list))
}

func main() {}

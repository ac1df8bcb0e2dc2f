// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package replicas is a small controller that uses most of the SDK: it keeps
// as many pods as a ReplicationController asks for. It exists for the tests
// of the SDK; the real one is in plugins.
package replicas

import (
	"context"
	"strconv"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Controller is what is read of a ReplicationController.
type Controller struct {
	sdk.Metadata
	Spec struct {
		Replicas *int32     `json:"replicas"`
		Selector sdk.Labels `json:"selector"`
		Template struct {
			Metadata struct {
				Labels sdk.Labels `json:"labels,omitempty"`
			} `json:"metadata"`
			Spec sdk.Raw `json:"spec"`
		} `json:"template"`
	} `json:"spec"`
	Status struct {
		Replicas int32 `json:"replicas"`
	} `json:"status"`
}

// Pod is what is read of a Pod.
type Pod struct {
	sdk.Metadata
	Status struct {
		Phase string `json:"phase"`
	} `json:"status"`
}

// NewPod is what is written of a Pod.
type NewPod struct {
	sdk.Metadata
	Spec sdk.Raw `json:"spec"`
}

// Settings are the settings of the plugin.
type Settings struct {
	BurstReplicas int `json:"burstReplicas"`
	// MinAgeSeconds is how old a controller must be to get pods.
	MinAgeSeconds int64 `json:"minAgeSeconds"`
}

var (
	controllers = sdk.NewResource[Controller]("v1", "replicationcontrollers", "ReplicationController",
		sdk.Writes("status/patch"))
	pods = sdk.NewResource[Pod]("v1", "pods", "Pod",
		sdk.IndexOwner(), sdk.Writes("create", "delete"))
	settings = sdk.NewSettings(Settings{BurstReplicas: 500})
	created  = sdk.Counter("pods_created_total")
)

func init() {
	sdk.Plugin("replicas", "1.0.0")
	sdk.Register(sdk.Controller{
		Name:      "replicas",
		For:       controllers,
		Owns:      []sdk.AnyResource{pods},
		Watches:   []sdk.Watch{{Resource: pods, Map: sdk.MapOrphansSelectedBy("spec.selector")}},
		Reconcile: reconcile,
	})
}

func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
	controller, err := controllers.Get(ctx, req.Key)
	if err != nil || controller.Deleting() {
		return sdk.Result{}, sdk.IgnoreNotFound(err)
	}
	minAge := time.Duration(settings.Get(ctx).MinAgeSeconds) * time.Second
	if age := sdk.Now(ctx).Sub(controller.CreationTimestamp.Time); age < minAge {
		return sdk.Result{RequeueAfter: minAge - age}, nil
	}
	live, err := pods.List(ctx, sdk.InNamespace(req.Namespace), sdk.OwnedBy(controller))
	if err != nil {
		return sdk.Result{}, err
	}
	want := 1
	if controller.Spec.Replicas != nil {
		want = int(*controller.Spec.Replicas)
	}
	sdk.LoggerFrom(ctx).Debug("counted the pods", "live", len(live), "want", want)
	if err := scale(ctx, controller, live, want); err != nil {
		return sdk.Result{}, err
	}
	return sdk.Result{}, report(ctx, controller, want)
}

func scale(ctx context.Context, controller *Controller, live []Pod, want int) error {
	for range min(want-len(live), settings.Get(ctx).BurstReplicas) {
		pod := NewPod{Spec: controller.Spec.Template.Spec}
		pod.Namespace, pod.GenerateName = controller.Namespace, controller.Name+"-"
		pod.Labels = controller.Spec.Template.Metadata.Labels
		pod.OwnerReferences = []sdk.OwnerReference{sdk.ControllerRef(controller, controllers)}
		made, err := pods.Create(ctx, pod)
		if err != nil {
			controllers.Event(ctx, controller, sdk.Warning, "FailedCreate", err.Error())
			return err
		}
		created.Add(ctx, 1)
		controllers.Event(ctx, controller, sdk.Normal, "SuccessfulCreate", "Created pod: "+made.Name)
	}
	for i := want; i < len(live); i++ {
		if err := sdk.IgnoreNotFound(pods.Delete(ctx, live[i], sdk.PreconditionUID(live[i].UID))); err != nil {
			return err
		}
		controllers.Event(ctx, controller, sdk.Normal, "SuccessfulDelete", "Deleted pod "+strconv.Itoa(i))
	}
	return nil
}

func report(ctx context.Context, controller *Controller, replicas int) error {
	if int(controller.Status.Replicas) == replicas {
		return nil
	}
	patch := sdk.MergePatch(map[string]any{"status": map[string]any{"replicas": replicas}})
	_, err := controllers.Patch(ctx, controller, patch, sdk.Subresource("status"), sdk.Unchanged(controller))
	return err
}

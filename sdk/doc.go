// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package sdk is what the author of a plugin imports to write Kubernetes
// controllers that run as WebAssembly inside wasm-controller-manager.
//
// A plugin declares the types that it reads, the resources that they are
// views of, and its controllers:
//
//	type Pod struct {
//		sdk.Metadata
//		Spec struct {
//			NodeName string `json:"nodeName"`
//		} `json:"spec"`
//	}
//
//	var pods = sdk.NewResource[Pod]("v1", "pods", "Pod")
//
//	func init() {
//		sdk.Register(sdk.Controller{
//			Name:      "pod-watcher",
//			For:       pods,
//			Reconcile: reconcile,
//		})
//	}
//
//	func reconcile(ctx context.Context, req sdk.Request) (sdk.Result, error) {
//		pod, err := pods.Get(ctx, req.Key)
//		if err != nil {
//			return sdk.Result{}, sdk.IgnoreNotFound(err)
//		}
//		sdk.LoggerFrom(ctx).Info("pod is placed", "node", pod.Spec.NodeName)
//		return sdk.Result{}, nil
//	}
//
//	func main() {}
//
// The type is the projection: the host keeps, delivers and compares exactly
// the fields that the struct has, and wakes the controller when one of them
// changes. A field that the struct does not have costs nothing.
//
// Build the module with
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o pod-watcher.wasm .
//
// The same code compiles natively, where package sdktest runs it against an
// in-memory API server in ordinary tests.
//
// The package never opens a connection, reads a file or starts a goroutine:
// whatever a plugin does to the outside, it asks the host to do. An instance
// does one thing at a time, so call the package from the goroutine of the
// reconcile only; concurrency comes from the host, which runs as many
// instances as a controller wants. Declarations (NewResource, NewSettings,
// Register, Plugin) belong into package variables and init. These run once for
// many instances, which begin as copies of what they leave, also those of other
// plugins of the module: so they have nothing of their own in them. A generator
// of random numbers that is made there draws the same in all instances; the
// functions of math/rand do not.
package sdk

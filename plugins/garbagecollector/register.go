// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package garbagecollector is the controller garbage-collector-controller: it
// deletes what has lost all of its owners, and carries out deletions in the
// foreground and those that orphan. README.md says what it reads and writes and
// where it differs from upstream's.
//
// The host keeps the graph of owners. reconcile.go says what is to be done about
// one object, owners.go finds out which of its owners are still there, and
// change.go carries out.
package garbagecollector

import (
	"slices"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// Name is the name of the plugin and of its controller.
const Name = "garbage-collector-controller"

// The finalizers by which the API server says how an object is to be deleted.
const (
	orphanFinalizer     = "orphan"
	foregroundFinalizer = "foregroundDeletion"
)

// Object is what is read of any object.
type Object struct {
	sdk.Header
	Metadata struct {
		DeletionTimestamp sdk.Time             `json:"deletionTimestamp"`
		Finalizers        []string             `json:"finalizers,omitempty"`
		OwnerReferences   []sdk.OwnerReference `json:"ownerReferences,omitempty"`
	} `json:"metadata"`
}

func (o *Object) deleting() bool { return !o.Metadata.DeletionTimestamp.IsZero() }

func (o *Object) has(finalizer string) bool { return slices.Contains(o.Metadata.Finalizers, finalizer) }

// waits reports whether the object is deleted when its dependents are.
func (o *Object) waits() bool { return o.deleting() && o.has(foregroundFinalizer) }

// blocks reports whether the object keeps an owner that waits for its dependents.
func (o *Object) blocks() bool {
	return slices.ContainsFunc(o.Metadata.OwnerReferences, func(ref sdk.OwnerReference) bool { return ref.BlockOwnerDeletion })
}

// found is an object with its resource.
type found = sdk.Found[Object]

var objects *sdk.Any[Object]

// Register declares the controller.
func Register() {
	objects = sdk.NewAny[Object](sdk.Reads("get"), sdk.Writes("patch", "delete"))
	sdk.WantDiscovery()
	sdk.Plugin(Name, "1.37")
	sdk.EventSource(Name)
	sdk.Register(sdk.Controller{Name: Name, For: objects, LooseOnly: true, Reconcile: reconcile, Concurrency: 20})
}

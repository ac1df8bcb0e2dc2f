// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"log/slog"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/graph"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// Options are the parts of an [Operator]. All but GuestLogger, Limits
// and Gate are required.
type Options struct {
	Plugin      string
	Description *abi.Description
	// Policy is what the plugin may do.
	Policy *grant.Policy
	// Caches has one entry for each resource of the description, nil where
	// the description has no projection.
	Caches  []Cache
	API     API
	Events  Events
	Metrics Metrics
	Outside Outside
	Signer  Signer
	// Graph is any resource, if the description watches it; else nil.
	Graph Graph
	// Discover returns what the API server serves, asking it now if live is set.
	// The result is not changed.
	Discover   func(ctx context.Context, live bool) (*abi.Discovery, error)
	Leadership Leadership
	// Logger is for lines of the host about the plugin.
	Logger *slog.Logger
	// GuestLogger is for what the plugin logs; nil: Logger.
	GuestLogger *slog.Logger
	Limits      Limits
	// Gate is what the plugin's guests go through; nil: there is none.
	Gate Gate
}

// Cache is what the operator needs of a plugin's window on a cached resource.
type Cache interface {
	// Synced reports whether the cache is filled; Problem says why it is not,
	// as far as known.
	Synced() bool
	Problem() error
	AppendGet(buffer []byte, namespace, name string) ([]byte, bool)
	List(query store.ListQuery, visit func(rec []byte) bool) error
	// CurrentVersion returns the version of the cached object, whether the
	// object is cached, and whether its projected bytes are still those of
	// the observed version.
	CurrentVersion(namespace, name string, observed uint64) (current uint64, unchanged, exists bool)
	// Written and Deleted make reads include a write that succeeded.
	Written(object []byte) error
	Deleted(namespace, name, uid string, object []byte) error
}

// Graph is what the operator needs of the objects of all resources.
type Graph interface {
	// Find visits the object of a uid, Dependents those that name it as an owner.
	// The error says why objects may be missing.
	Find(uid string, visit graph.Visit) error
	Dependents(uid string, visit graph.Visit) error
}

// API is what the operator needs of the API server.
type API interface {
	Get(ctx context.Context, t kube.Target, namespace, name, subresource string) ([]byte, error)
	List(ctx context.Context, t kube.Target, o kube.ListOptions) ([]byte, error)
	Write(ctx context.Context, op abi.Operation, t kube.Target, w *abi.WriteRequest) ([]byte, error)
}

// Events records events about objects.
type Events interface {
	Record(t kube.Target, event *abi.Event)
}

// Metrics takes the metrics that the plugin defines.
type Metrics interface {
	// Record changes one series. The error is a limit.ErrExceeded if the
	// series would be one too many.
	Record(m *abi.Metric) error
}

// Leadership says whether this process may write.
type Leadership interface {
	// CanWrite returns nil, or why a write now might be another leader's business.
	CanWrite() error
}

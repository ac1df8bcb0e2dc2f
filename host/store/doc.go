// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package store holds the objects that plugins read: one shared informer per
// resource, whose cache keeps of each object one compact record instead of a
// decoded object.
//
// A plugin opens a [View] on a resource with its projection. All views of a
// resource share one cache in the union of their projections, filled by
// client-go's reflector with a decoder of ours that turns the bytes of the wire
// straight into records. A view reads the cache in its own projection, and its
// watchers are woken by a [Change] only if bytes that they care about changed.
// Answers to writes go into the cache at once ([View.Written],
// [View.Deleted]), so that a plugin reads what it wrote.
//
// The package makes no writes, decides nothing about plugins, and knows
// neither queues nor wasm. A resource that is not served, or must not be read, is
// a condition ([View.Problem]) that is retried, never a failure.
//
// All methods are safe for concurrent use. Handlers of changes run one at a
// time per resource, in the goroutine of the reflector or of the writer; they
// may read every view, and must not write, open, watch or close.
package store

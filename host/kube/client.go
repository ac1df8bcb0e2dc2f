// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package kube is the host's way to the API server for everything that is not
// a cached read: writes, live reads, events and discovery.
//
// It speaks JSON bytes, because that is what guests send; it neither knows
// guests nor caches, and it decides nothing: who may write, and what a result
// means for a cache, is the business of package access. A [Client] is safe for
// concurrent use.
package kube

import (
	"cmp"
	"context"
	"strconv"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Target names a resource of the API server.
type Target struct {
	Group    string // empty for the core group
	Version  string
	Resource string // plural, lower case
	Kind     string
	// Metadata asks for no more than the metadata of objects that are read.
	Metadata bool
}

// TargetOf returns the target that a module's description names.
func TargetOf(r *abi.Resource) Target {
	return Target{Group: r.Group, Version: r.Version, Resource: r.Resource, Kind: r.Kind}
}

// root returns the URL path of the group and version.
func (t Target) root() string {
	if t.Group == "" {
		return "/api/" + t.Version
	}
	return "/apis/" + t.Group + "/" + t.Version
}

// path returns the URL path of an object, or of the collection if name is empty.
func (t Target) path(namespace, name, subresource string) string {
	path := t.root()
	if namespace != "" {
		path += "/namespaces/" + namespace
	}
	path += "/" + t.Resource
	if name != "" {
		path += "/" + name
	}
	if subresource != "" {
		path += "/" + subresource
	}
	return path
}

// Client writes objects and reads them live. Make it with [Link.Client].
type Client struct {
	reads  *rest.RESTClient
	writes *sender
}

// RateOf returns the requests per second that a config allows, and how many of
// them at once, with client-go's defaults. A rate below 0 is none.
func RateOf(config *rest.Config) (perSecond float64, burst int) {
	return float64(cmp.Or(config.QPS, rest.DefaultQPS)), cmp.Or(config.Burst, rest.DefaultBurst)
}

const (
	contentJSON    = "application/json"
	acceptProtobuf = runtime.ContentTypeProtobuf + "," + contentJSON
)

// Get reads one object, or a subresource of it, from the API server.
func (c *Client) Get(ctx context.Context, t Target, namespace, name, subresource string) ([]byte, error) {
	r := c.reads.Get().AbsPath(t.path(namespace, name, subresource))
	if t.Metadata {
		r.SetHeader("Accept", acceptMetadata("PartialObjectMetadata"))
	}
	return raw(r.Do(ctx))
}

// acceptMetadata is the media type of objects that are reduced to their
// metadata, or else whole ones: an aggregated server may know no other.
func acceptMetadata(kind string) string {
	return contentJSON + ";as=" + kind + ";g=meta.k8s.io;v=v1," + contentJSON
}

// ListOptions selects the objects of a live list.
type ListOptions struct {
	Namespace     string // empty: all namespaces
	LabelSelector string // empty: everything
	FieldSelector string // empty: everything
	Limit         uint32 // 0: all in one answer
	Continue      string // from the answer before
}

// List reads a collection from the API server and returns the JSON of the
// whole list object.
func (c *Client) List(ctx context.Context, t Target, o ListOptions) ([]byte, error) {
	r := c.reads.Get().AbsPath(t.path(o.Namespace, "", ""))
	for name, value := range map[string]string{
		"labelSelector": o.LabelSelector, "fieldSelector": o.FieldSelector, "continue": o.Continue,
	} {
		if value != "" {
			r.Param(name, value)
		}
	}
	if o.Limit > 0 {
		r.Param("limit", strconv.FormatUint(uint64(o.Limit), 10))
	}
	if t.Metadata {
		r.SetHeader("Accept", acceptMetadata("PartialObjectMetadataList"))
	}
	return raw(r.Do(ctx))
}

// raw returns the body of an answer. The error of [rest.Result.Raw] alone has
// no more than the code of the answer: what the API server says of its reason
// is in the body, which Error decodes.
func raw(r rest.Result) ([]byte, error) {
	if err := r.Error(); err != nil {
		return nil, err
	}
	return r.Raw()
}

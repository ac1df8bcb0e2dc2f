// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/project"
)

// resource is one resource of the description, ready for use.
type resource struct {
	target  kube.Target
	name    string // "apps/v1/replicasets", for messages
	cache   Cache  // nil: not read from a cache
	extract *project.JSON
	// of is what the request says that the resource is, where the description
	// has any; nil where it has one.
	of *abi.Target
}

// resource finds the resource that a request names by its index, and by a
// target if the description has any resource there.
func (o *Operator) resource(index uint32, target *abi.Target, subresource string) (*resource, error) {
	if int(index) >= len(o.resources) {
		return nil, fmt.Errorf("resource %d: the description has %d", index, len(o.resources))
	}
	r, named := &o.resources[index], *target != abi.Target{}
	switch {
	case !o.Description.Resources[index].Any():
		if named {
			return nil, fmt.Errorf("resource %d is %s: the request names a target, which is for any resource", index, r.name)
		}
		return r, nil
	case !named:
		return nil, fmt.Errorf("resource %d is any resource: the request names no target", index)
	}
	if err := grant.CheckResource(target, subresource); err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	of := *r
	of.of, of.name = target, target.String()
	of.target.Group, of.target.Version, of.target.Resource, of.target.Kind = target.Group, target.Version, target.Resource, target.Kind
	return &of, nil
}

// notReady returns why the resource cannot be read from the cache now, nil if
// it can.
func (r *resource) notReady() error {
	if r.cache.Synced() {
		return nil
	}
	if problem := r.cache.Problem(); problem != nil {
		return problem
	}
	return fmt.Errorf("the cache of %s is not filled yet", r.name)
}

// project appends what a guest gets of an object: its record in the
// resource's projection, or its JSON if the resource has none.
func (r *resource) project(buffer, object []byte) (abi.Status, []byte) {
	if r.extract == nil {
		return abi.StatusOK, append(buffer, object...)
	}
	answer, err := r.extract.Append(buffer, object)
	if _, odd := errors.AsType[*record.MismatchError](err); odd {
		return abi.StatusOK, answer // whole: the odd value counts as absent, as it does in the cache
	}
	if err != nil {
		return fail(buffer, abi.StatusInternal, fmt.Sprintf("answer of the API server for %s: %v", r.name, err))
	}
	return abi.StatusOK, answer
}

// isKind reports whether the object is of the resource's own kind; a
// subresource may answer with another (Scale, Status).
func (r *resource) isKind(object []byte) bool { return kindOf(object) == r.target.Kind }

// kindOf returns the kind of an object, "" if it has none. API servers write
// it first, so that of a large object next to nothing is read.
func kindOf(object []byte) string {
	if rest, first := bytes.CutPrefix(object, []byte(`{"kind":"`)); first {
		if end := bytes.IndexAny(rest, `"\\`); end >= 0 && rest[end] == '"' {
			return string(rest[:end])
		}
	}
	d := json.NewDecoder(bytes.NewReader(object))
	if brace, err := d.Token(); err != nil || brace != json.Delim('{') {
		return ""
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return ""
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return ""
		}
		var kind string
		if name == "kind" && json.Unmarshal(value, &kind) == nil {
			return kind
		}
	}
	return ""
}

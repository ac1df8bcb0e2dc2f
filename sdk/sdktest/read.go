// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/abi/record/recordjson"
	"github.com/wasm-controller-manager/wcm/sdk"
)

func (e *Env) get(m *abi.GetRequest, buffer []byte) ([]byte, error) {
	r, err := e.resource(m.Resource, &m.Target)
	if err != nil {
		return nil, err
	}
	if err := e.declared(m.Resource, "Reads", abi.OpGet.Verb(m.Subresource), m.Live || m.Subresource != ""); err != nil {
		return nil, err
	}
	key := sdk.Key{Namespace: m.Namespace, Name: m.Name}
	if err := e.observed(abi.OpGet, r, key, nil); err != nil {
		return nil, err
	}
	o := e.store.get(r, key)
	switch {
	case o == nil:
		return nil, notFound(r, key)
	case m.Subresource == "scale":
		return append(buffer, scaleOf(o.Object).JSON()...), nil
	case m.Subresource != "" && m.Subresource != "status":
		return nil, &sdk.APIError{Status: abi.StatusUnsupported, Message: "sdktest has no subresource " + m.Subresource}
	}
	return appendRecord(buffer, r, o.Object)
}

// declared refuses, as the host does, what the description does not ask for,
// and cached reads of what has no projection. A projection stands for get and
// list.
func (e *Env) declared(index uint32, option, verb string, live bool) error {
	r := &e.description.Resources[index]
	switch {
	case !r.Wants(verb):
		return &sdk.APIError{Status: abi.StatusDenied, Message: fmt.Sprintf("%s is not declared with sdk.%s(%q)", r, option, verb)}
	case r.Projection == nil && !live:
		return &sdk.APIError{Status: abi.StatusUnsupported, Message: fmt.Sprintf("%s has no projection, so it is not cached: ask live", r)}
	}
	return nil
}

// appendRecord appends the object in the projection of the resource, or as
// JSON if it has none. A value of another type than the projection's counts as
// absent, as in the host.
func appendRecord(buffer []byte, r *abi.Resource, o Object) ([]byte, error) {
	if r.Projection == nil {
		return append(buffer, o.JSON()...), nil
	}
	rec, err := project(r.Projection, o)
	return append(buffer, rec...), err
}

func project(shape *record.Shape, o Object) ([]byte, error) {
	rec, err := recordjson.FromJSON(shape, []byte(o.JSON()))
	if mismatch := (*record.MismatchError)(nil); errors.As(err, &mismatch) {
		err = nil
	}
	return rec, err
}

func (e *Env) list(m *abi.ListRequest, buffer []byte) ([]byte, error) {
	if m.Target == (abi.Target{}) && int(m.Resource) < len(e.description.Resources) && e.description.Resources[m.Resource].Any() {
		return e.listGraph(m, buffer)
	}
	r, err := e.resource(m.Resource, &m.Target)
	if err != nil {
		return nil, err
	}
	if err := e.declared(m.Resource, "Reads", abi.OpList.Verb(""), m.Live); err != nil {
		return nil, err
	}
	if err := e.observed(abi.OpList, r, sdk.Key{Namespace: m.Namespace}, nil); err != nil {
		return nil, err
	}
	matches, err := e.matcher(r, m)
	if err != nil {
		return nil, err
	}
	first := sdk.Key{}
	first.Namespace, first.Name, _ = strings.Cut(m.Continue, "/")
	listed := 0
	for _, o := range e.store.list(r) {
		if compareKeys(o.Key(), first) < 0 || !matches(o.Object) {
			continue
		}
		if m.Limit > 0 && listed == int(m.Limit) {
			return abi.AppendListContinue(buffer, o.Key().Namespace+"/"+o.Key().Name), nil
		}
		rec, err := appendRecord(nil, r, o.Object)
		if err != nil {
			return nil, err
		}
		buffer = abi.AppendListItem(buffer, rec)
		listed++
	}
	return buffer, nil
}

// matcher returns the condition of a list request.
func (e *Env) matcher(r *abi.Resource, m *abi.ListRequest) (func(Object) bool, error) {
	selector, err := sdk.ParseSelector(m.LabelSelector)
	if err != nil {
		return nil, badRequest("%v", err)
	}
	if m.Index.Kind != abi.IndexNone && !slices.Contains(r.Indexes, m.Index) {
		return nil, badRequest("%s is not declared with the index %d %s", r, m.Index.Kind, m.Index.Key)
	}
	return func(o Object) bool {
		return (m.Namespace == "" || o.Text("metadata.namespace") == m.Namespace) &&
			selector.Matches(o.Labels()) && indexed(m.Index, m.Value, o)
	}, nil
}

func indexed(index abi.Index, value string, o Object) bool {
	switch index.Kind {
	case abi.IndexOwner:
		return o.controller() == value
	case abi.IndexLabel:
		found, ok := o.Labels().Lookup(index.Key)
		return ok && found == value
	case abi.IndexField:
		return o.Text(index.Key) == value
	}
	return true
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"encoding/json"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/store"
)

func (o *Operator) get(ctx context.Context, request, buffer []byte) (abi.Status, []byte) {
	var get abi.GetRequest
	if err := get.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	r, err := o.resource(get.Resource)
	if err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	if get.Live || get.Subresource != "" {
		return o.getLive(ctx, r, &get, buffer)
	}
	if r.cache == nil {
		return fail(buffer, abi.StatusUnsupported, r.name+" has no projection, so it is not cached: ask live")
	}
	if err := r.notReady(); err != nil {
		return fail(buffer, abi.StatusNotReady, err.Error())
	}
	answer, found := r.cache.AppendGet(buffer, get.Namespace, get.Name)
	if !found {
		return fail(buffer, abi.StatusNotFound, r.name+" "+key(get.Namespace, get.Name)+" is not in the cache")
	}
	return abi.StatusOK, answer
}

func (o *Operator) getLive(ctx context.Context, r *resource, get *abi.GetRequest, buffer []byte) (abi.Status, []byte) {
	object, err := o.API.Get(ctx, r.target, get.Namespace, get.Name, get.Subresource)
	if err != nil {
		return failAPI(buffer, err)
	}
	if get.Subresource != "" && !r.isKind(object) {
		return abi.StatusOK, append(buffer, object...)
	}
	return r.project(buffer, object)
}

func (o *Operator) list(ctx context.Context, request, buffer []byte) (abi.Status, []byte) {
	var list abi.ListRequest
	if err := list.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	r, err := o.resource(list.Resource)
	if err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	if list.Live {
		return o.listLive(ctx, r, &list, buffer)
	}
	if r.cache == nil {
		return fail(buffer, abi.StatusUnsupported, r.name+" has no projection, so it is not cached: ask live")
	}
	if err := r.notReady(); err != nil {
		return fail(buffer, abi.StatusNotReady, err.Error())
	}
	query := store.ListQuery{Namespace: list.Namespace, Index: list.Index, Value: list.Value}
	if query.Selector, err = parseSelector(list.LabelSelector); err != nil {
		return fail(buffer, abi.StatusBadRequest, "list "+r.name+": label_selector: "+err.Error())
	}
	answer := buffer
	err = r.cache.List(query, func(rec []byte) bool {
		answer = abi.AppendListItem(answer, rec)
		return true
	})
	if err != nil {
		return fail(buffer, abi.StatusBadRequest, "list "+r.name+": "+err.Error())
	}
	return abi.StatusOK, answer
}

func (o *Operator) listLive(ctx context.Context, r *resource, list *abi.ListRequest, buffer []byte) (abi.Status, []byte) {
	options := kube.ListOptions{
		Namespace: list.Namespace, LabelSelector: list.LabelSelector, Limit: list.Limit, Continue: list.Continue,
	}
	if list.Index.Kind != abi.IndexNone {
		return fail(buffer, abi.StatusUnsupported, "list "+r.name+": the API server has no indexes: use a selector with a live list")
	}
	body, err := o.API.List(ctx, r.target, options)
	if err != nil {
		return failAPI(buffer, err)
	}
	var result struct {
		Metadata struct {
			Continue string `json:"continue"`
		} `json:"metadata"`
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(body, &result); err != nil {
		return fail(buffer, abi.StatusInternal, "list "+r.name+": "+err.Error())
	}
	answer := buffer
	var item []byte
	for _, object := range result.Items {
		var status abi.Status
		if status, item = r.project(item[:0], object); status != abi.StatusOK {
			return status, append(buffer, item...)
		}
		answer = abi.AppendListItem(answer, item)
	}
	return abi.StatusOK, abi.AppendListContinue(answer, result.Metadata.Continue)
}

// parseSelector returns nil, which matches everything, for an empty text.
func parseSelector(text string) (labels.Selector, error) {
	if text == "" {
		return nil, nil
	}
	return labels.Parse(text)
}

// failAPI appends what an error of the API server is for a guest.
func failAPI(buffer []byte, err error) (abi.Status, []byte) {
	status, answer := kube.StatusOf(err)
	return status, answer.Append(buffer)
}

func key(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

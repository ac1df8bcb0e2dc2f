// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"encoding/json"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/kube"
	"github.com/wasm-controller-manager/wcm/host/project"
	"github.com/wasm-controller-manager/wcm/host/store"
)

func (o *Operator) get(ctx context.Context, request, buffer []byte) (abi.Status, []byte) {
	if answer, found := o.find(request, buffer); found {
		return abi.StatusOK, answer
	}
	var get abi.GetRequest
	if err := get.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	r, err := o.resource(get.Resource, &get.Target, get.Subresource)
	if err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	if err := grant.CheckTarget(get.Namespace, get.Name, get.Subresource); err != nil {
		return fail(buffer, abi.StatusBadRequest, "get "+r.name+": "+err.Error())
	}
	if get.Name == "" {
		return fail(buffer, abi.StatusBadRequest, "get "+r.name+": the name is empty")
	}
	if get.Live || get.Subresource != "" || r.of != nil {
		return o.getLive(ctx, r, &get, buffer)
	}
	if r.cache == nil {
		return fail(buffer, abi.StatusUnsupported, r.name+" has no projection, so it is not cached: ask live")
	}
	if err := o.Policy.AllowCached(grant.Object{Resource: get.Resource, Namespace: get.Namespace, Name: get.Name}); err != nil {
		return o.deny(ctx, buffer, abi.OpGet, r.name, err)
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

// find answers what most reads are: of an object that is in the cache and that
// the plugin may see. It allocates nothing and keeps nothing of the request, which is
// guest memory. Everything else is left to get, which says why.
func (o *Operator) find(request, buffer []byte) (answer []byte, found bool) {
	var get abi.GetRequest
	if get.DecodeAlias(request) != nil || int(get.Resource) >= len(o.resources) {
		return buffer, false
	}
	cache := o.resources[get.Resource].cache
	if cache == nil || get.Live || get.Subresource != "" || get.Target != (abi.Target{}) ||
		!o.Policy.View(get.Resource).Has(get.Namespace, get.Name) || !cache.Synced() {
		return buffer, false
	}
	return cache.AppendGet(buffer, get.Namespace, get.Name)
}

func (o *Operator) getLive(ctx context.Context, r *resource, get *abi.GetRequest, buffer []byte) (abi.Status, []byte) {
	of := grant.Object{Resource: get.Resource, Target: r.of, Namespace: get.Namespace, Name: get.Name}
	allowed := o.Policy.Allow(abi.OpGet.Verb(get.Subresource), of)
	if allowed != nil {
		return o.deny(ctx, buffer, abi.OpGet, r.name, allowed)
	}
	target := r.target
	target.Metadata = target.Metadata && get.Subresource == ""
	object, err := o.API.Get(ctx, target, get.Namespace, get.Name, get.Subresource)
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
	if o.Graph != nil && list.Target == (abi.Target{}) && o.isAny(list.Resource) {
		return o.listGraph(&list, buffer)
	}
	r, err := o.resource(list.Resource, &list.Target, "")
	if err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	if err := grant.CheckTarget(list.Namespace, "", ""); err != nil {
		return fail(buffer, abi.StatusBadRequest, "list "+r.name+": "+err.Error())
	}
	if list.Live || r.of != nil {
		return o.listLive(ctx, r, &list, buffer)
	}
	if r.cache == nil {
		return fail(buffer, abi.StatusUnsupported, r.name+" has no projection, so it is not cached: ask live")
	}
	if err := o.Policy.AllowCachedList(list.Resource, list.Namespace); err != nil {
		return o.deny(ctx, buffer, abi.OpList, r.name, err)
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
	scope, err := o.Policy.AllowList(grant.Object{Resource: list.Resource, Target: r.of, Namespace: list.Namespace})
	if err != nil {
		return o.deny(ctx, buffer, abi.OpList, r.name, err)
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
		if !shows(scope, object) {
			continue
		}
		var status abi.Status
		if status, item = r.project(item[:0], object); status != abi.StatusOK {
			return status, append(buffer, item...)
		}
		answer = abi.AppendListItem(answer, item)
	}
	return abi.StatusOK, abi.AppendListContinue(answer, result.Metadata.Continue)
}

// keyOnly reads of an object what every record has: who it is.
var keyOnly = project.NewJSON(&record.Shape{Kind: record.Struct})

// shows reports whether an object of the API server is in a scope. It reads the
// key as API servers do: encoding/json would take a field "Metadata" for it.
func shows(scope *grant.Scope, object []byte) bool {
	if scope.Everything() {
		return true
	}
	rec, err := keyOnly.Append(nil, object)
	if err != nil {
		return false
	}
	namespace, name, _, _, _, err := record.CutHeader(rec)
	return err == nil && scope.Has(string(namespace), string(name))
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

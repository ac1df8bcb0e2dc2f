// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Write performs one of the writing operations and returns the JSON of the
// API server's answer. In w, Observed is the resource version that the write
// requires (the caller has already replaced an older one that is still good),
// and FieldManager is set. Errors are those of client-go; [StatusOf] turns
// them into what a guest sees.
func (c *Client) Write(ctx context.Context, op abi.Operation, t Target, w *abi.WriteRequest) ([]byte, error) {
	request, err := c.writeRequest(op, t, w)
	if err != nil {
		return nil, &RequestError{Cause: err}
	}
	return raw(request.Do(ctx))
}

// RequestError reports a write that was not sent, because it cannot be
// written as a request: a bug of the guest.
type RequestError struct{ Cause error }

// Error returns the cause.
func (e *RequestError) Error() string { return e.Cause.Error() }

// Unwrap returns the cause.
func (e *RequestError) Unwrap() error { return e.Cause }

func (c *Client) writeRequest(op abi.Operation, t Target, w *abi.WriteRequest) (*rest.Request, error) {
	switch op {
	case abi.OpCreate:
		return c.create(t, w)
	case abi.OpUpdate:
		return c.update(t, w)
	case abi.OpPatch, abi.OpApply:
		return c.patch(op, t, w)
	case abi.OpDelete, abi.OpDeleteCollection:
		return c.delete(op, t, w)
	}
	return nil, fmt.Errorf("%s is no write", op)
}

// create posts to the collection, or to a subresource of a named object
// (binding, eviction, token).
func (c *Client) create(t Target, w *abi.WriteRequest) (*rest.Request, error) {
	name := w.Name
	if w.Subresource == "" {
		name = ""
	}
	body, err := withTypeMeta(w.Body, t, w.Subresource)
	if err != nil {
		return nil, err
	}
	r := c.writes.Post().AbsPath(t.path(w.Namespace, name, w.Subresource)...)
	return writeParams(r, w).SetHeader("Content-Type", contentJSON).Body(body), nil
}

func (c *Client) update(t Target, w *abi.WriteRequest) (*rest.Request, error) {
	body, err := withTypeMeta(w.Body, t, w.Subresource)
	if err != nil {
		return nil, err
	}
	if body, err = withPreconditions(body, w.Observed, w.UID); err != nil {
		return nil, err
	}
	r := c.writes.Put().AbsPath(t.path(w.Namespace, w.Name, w.Subresource)...)
	return writeParams(r, w).SetHeader("Content-Type", contentJSON).Body(body), nil
}

func (c *Client) patch(op abi.Operation, t Target, w *abi.WriteRequest) (*rest.Request, error) {
	kind, err := patchType(op, w.PatchType)
	if err != nil {
		return nil, err
	}
	body := w.Body
	if op == abi.OpApply {
		if body, err = withTypeMeta(body, t, w.Subresource); err != nil {
			return nil, err
		}
	}
	if kind == types.JSONPatchType {
		body, err = withTests(body, w.Observed, w.UID)
	} else {
		body, err = withPreconditions(body, w.Observed, w.UID)
	}
	if err != nil {
		return nil, err
	}
	r := c.writes.Patch(kind).AbsPath(t.path(w.Namespace, w.Name, w.Subresource)...)
	if op == abi.OpApply {
		r.Param("force", strconv.FormatBool(w.Force))
	}
	return writeParams(r, w).Body(body), nil
}

func patchType(op abi.Operation, p abi.PatchType) (types.PatchType, error) {
	if op == abi.OpApply {
		return types.ApplyPatchType, nil
	}
	switch p {
	case abi.PatchMerge:
		return types.MergePatchType, nil
	case abi.PatchJSON:
		return types.JSONPatchType, nil
	case abi.PatchStrategic:
		return types.StrategicMergePatchType, nil
	}
	return "", fmt.Errorf("patch type %d: expected 0 (merge), 1 (JSON patch) or 2 (strategic)", p)
}

func (c *Client) delete(op abi.Operation, t Target, w *abi.WriteRequest) (*rest.Request, error) {
	options, err := deleteOptions(w)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(options)
	if err != nil {
		return nil, fmt.Errorf("delete options: %w", err)
	}
	r := c.writes.Delete()
	if op == abi.OpDelete {
		r.AbsPath(t.path(w.Namespace, w.Name, w.Subresource)...)
	} else {
		r.AbsPath(t.path(w.Namespace, "", "")...)
		if w.LabelSelector != "" {
			r.Param("labelSelector", w.LabelSelector)
		}
	}
	return r.SetHeader("Content-Type", contentJSON).Body(body), nil
}

func deleteOptions(w *abi.WriteRequest) (*metav1.DeleteOptions, error) {
	options := &metav1.DeleteOptions{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"}}
	if w.GracePeriodSeconds != nil {
		seconds := int64(*w.GracePeriodSeconds)
		options.GracePeriodSeconds = &seconds
	}
	if w.DryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	if w.UID != "" || w.Observed != 0 {
		options.Preconditions = preconditions(w)
	}
	policies := map[abi.Propagation]metav1.DeletionPropagation{
		abi.PropagationBackground: metav1.DeletePropagationBackground,
		abi.PropagationForeground: metav1.DeletePropagationForeground,
		abi.PropagationOrphan:     metav1.DeletePropagationOrphan,
	}
	policy, known := policies[w.Propagation]
	switch {
	case known:
		options.PropagationPolicy = &policy
	case w.Propagation != abi.PropagationDefault:
		return nil, fmt.Errorf("propagation %d: expected 0 to 3", w.Propagation)
	}
	return options, nil
}

func preconditions(w *abi.WriteRequest) *metav1.Preconditions {
	p := &metav1.Preconditions{}
	if w.UID != "" {
		uid := types.UID(w.UID)
		p.UID = &uid
	}
	if w.Observed != 0 {
		version := strconv.FormatUint(w.Observed, 10)
		p.ResourceVersion = &version
	}
	return p
}

func writeParams(r *rest.Request, w *abi.WriteRequest) *rest.Request {
	if w.FieldManager != "" {
		r.Param("fieldManager", w.FieldManager)
	}
	if w.DryRun {
		r.Param("dryRun", metav1.DryRunAll)
	}
	return r
}

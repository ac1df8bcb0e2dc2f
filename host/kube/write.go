// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Write performs one of the writing operations and returns the JSON of the
// API server's answer. In w, Observed is the resource version that the write
// requires (the caller has already replaced an older one that is still good),
// and FieldManager is set. Errors are those of client-go; [StatusOf] turns
// them into what a guest sees.
func (c *Client) Write(ctx context.Context, op abi.Operation, t Target, w *abi.WriteRequest) ([]byte, error) {
	d, err := newDraft(op, t, w)
	if err != nil {
		return nil, &RequestError{Cause: err}
	}
	return c.writes.send(ctx, d)
}

// RequestError reports a write that was not sent, because it cannot be
// written as a request: a bug of the guest.
type RequestError struct{ Cause error }

// Error returns the cause.
func (e *RequestError) Error() string { return e.Cause.Error() }

// Unwrap returns the cause.
func (e *RequestError) Unwrap() error { return e.Cause }

func newDraft(op abi.Operation, t Target, w *abi.WriteRequest) (*draft, error) {
	d := &draft{contentType: contentJSON}
	d.param("fieldManager", w.FieldManager)
	var err error
	switch op {
	case abi.OpCreate:
		err = d.create(t, w)
	case abi.OpUpdate:
		err = d.update(t, w)
	case abi.OpPatch, abi.OpApply:
		err = d.patch(op, t, w)
	case abi.OpDelete, abi.OpDeleteCollection:
		err = d.delete(op, t, w)
	default:
		err = fmt.Errorf("%s is no write", op)
	}
	return d, err
}

// create posts to the collection, or to a subresource of a named object
// (binding, eviction, token).
func (d *draft) create(t Target, w *abi.WriteRequest) (err error) {
	name := w.Name
	if w.Subresource == "" {
		name = ""
	}
	d.method, d.path = http.MethodPost, t.path(w.Namespace, name, w.Subresource)
	d.dryRun(w)
	d.body, err = withTypeMeta(w.Body, t, w.Subresource)
	return err
}

func (d *draft) update(t Target, w *abi.WriteRequest) error {
	body, err := withTypeMeta(w.Body, t, w.Subresource)
	if err != nil {
		return err
	}
	d.method, d.path = http.MethodPut, t.path(w.Namespace, w.Name, w.Subresource)
	d.dryRun(w)
	d.body, err = withPreconditions(body, w.Observed, w.UID)
	return err
}

func (d *draft) patch(op abi.Operation, t Target, w *abi.WriteRequest) error {
	kind, err := patchType(op, w.PatchType)
	if err != nil {
		return err
	}
	d.method, d.path, d.contentType = http.MethodPatch, t.path(w.Namespace, w.Name, w.Subresource), string(kind)
	d.dryRun(w)
	body := w.Body
	if op == abi.OpApply {
		d.param("force", strconv.FormatBool(w.Force))
		if body, err = withTypeMeta(body, t, w.Subresource); err != nil {
			return err
		}
	}
	if kind == types.JSONPatchType {
		d.body, err = withTests(body, w.Observed, w.UID)
	} else {
		d.body, err = withPreconditions(body, w.Observed, w.UID)
	}
	return err
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

func (d *draft) delete(op abi.Operation, t Target, w *abi.WriteRequest) error {
	options, err := deleteOptions(w)
	if err != nil {
		return err
	}
	if d.body, err = json.Marshal(options); err != nil {
		return fmt.Errorf("delete options: %w", err)
	}
	d.method, d.path, d.query = http.MethodDelete, t.path(w.Namespace, w.Name, w.Subresource), ""
	if op == abi.OpDeleteCollection {
		d.path = t.path(w.Namespace, "", "")
		d.param("labelSelector", w.LabelSelector)
	}
	return nil
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

// dryRun has the API server perform the write without effect.
func (d *draft) dryRun(w *abi.WriteRequest) {
	if w.DryRun {
		d.param("dryRun", metav1.DryRunAll)
	}
}

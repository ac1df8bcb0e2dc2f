// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk/internal/plan"
)

// Patch is a change of an object.
type Patch struct {
	kind abi.PatchType
	body []byte
	err  error
}

// MergePatch sets the fields that v has (RFC 7386); a null deletes a field,
// and lists are replaced as a whole. Give v a type of its own that has what is
// to change, or a map[string]any.
func MergePatch(v any) Patch { return patchOf(abi.PatchMerge, v) }

// StrategicPatch is MergePatch with Kubernetes' rules for merging lists by
// key. The API server has them for its built-in types only.
func StrategicPatch(v any) Patch { return patchOf(abi.PatchStrategic, v) }

// JSONPatch performs the operations in turn, all or none (RFC 6902).
func JSONPatch(operations ...JSONOperation) Patch {
	for _, operation := range operations {
		if operation.err != nil {
			return Patch{err: operation.err}
		}
	}
	return patchOf(abi.PatchJSON, operations)
}

func patchOf(kind abi.PatchType, v any) Patch {
	body, err := plan.AppendJSON(nil, v)
	return Patch{kind: kind, body: body, err: err}
}

// JSONOperation is one step of a [JSONPatch].
type JSONOperation struct {
	Op    string `json:"op"`
	Path  string `json:"path"` // RFC 6901, "/metadata/labels/app"
	Value Raw    `json:"value,omitempty"`
	err   error
}

// Add sets the value at the path, or inserts it into a list; "-" is the end.
func Add(path string, value any) JSONOperation { return operation("add", path, value) }

// Replace sets the value at the path, which must exist.
func Replace(path string, value any) JSONOperation { return operation("replace", path, value) }

// Remove deletes the value at the path, which must exist.
func Remove(path string) JSONOperation { return JSONOperation{Op: "remove", Path: path} }

// Test fails the patch unless the value at the path is this one.
func Test(path string, value any) JSONOperation { return operation("test", path, value) }

func operation(op, path string, value any) JSONOperation {
	raw, err := JSON(value)
	return JSONOperation{Op: op, Path: path, Value: raw, err: err}
}

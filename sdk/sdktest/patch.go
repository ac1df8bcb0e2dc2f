// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// merge applies a JSON merge patch (RFC 7386) to target, which it may change.
func merge(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	object, ok := target.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	for name, change := range changes {
		if change == nil {
			delete(object, name)
			continue
		}
		object[name] = merge(object[name], change)
	}
	return object
}

// mergeKeys are the fields by which Kubernetes merges lists, by list.
var mergeKeys = map[string]string{
	"conditions": "type", "ownerReferences": "uid", "containers": "name", "initContainers": "name",
	"ephemeralContainers": "name", "volumes": "name", "env": "name", "taints": "key", "addresses": "type",
	"imagePullSecrets": "name", "secrets": "name", "volumeMounts": "mountPath", "ports": "containerPort",
}

// mergeStrategic applies a strategic merge patch as far as controllers use it:
// lists merge by their key, finalizers as a set, and $patch deletes.
func mergeStrategic(target, patch any, name string) any {
	switch changes := patch.(type) {
	case map[string]any:
		object, ok := target.(map[string]any)
		if !ok {
			object = map[string]any{}
		}
		for field, change := range changes {
			switch {
			case field == "$patch" || strings.HasPrefix(field, "$setElementOrder/"):
			case strings.HasPrefix(field, "$deleteFromPrimitiveList/"):
				list := strings.TrimPrefix(field, "$deleteFromPrimitiveList/")
				object[list] = without(object[list], change)
			case change == nil:
				delete(object, field)
			default:
				object[field] = mergeStrategic(object[field], change, field)
			}
		}
		return object
	case []any:
		return mergeList(target, changes, name)
	}
	return patch
}

func mergeList(target any, changes []any, name string) any {
	list, _ := target.([]any)
	key := mergeKeys[name]
	if key == "" && name != "finalizers" {
		return changes
	}
	for _, change := range changes {
		element, isObject := change.(map[string]any)
		i := slices.IndexFunc(list, func(v any) bool {
			if old, ok := v.(map[string]any); ok && isObject {
				return equal(old[key], element[key])
			}
			return equal(v, change)
		})
		switch {
		case isObject && element["$patch"] == "delete":
			if i >= 0 {
				list = slices.Delete(list, i, i+1)
			}
		case i < 0:
			list = append(list, change)
		default:
			list[i] = mergeStrategic(list[i], change, "")
		}
	}
	return list
}

func without(list, remove any) any {
	from, _ := list.([]any)
	gone, _ := remove.([]any)
	return slices.DeleteFunc(from, func(v any) bool {
		return slices.ContainsFunc(gone, func(g any) bool { return equal(g, v) })
	})
}

// step is one operation of a JSON patch (RFC 6902).
type step struct {
	Op    string
	Path  string
	Value any
}

func parseSteps(body []byte) ([]step, error) {
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	var steps []step
	err := decoder.Decode(&steps)
	return steps, err
}

// errTest is a test operation that did not hold.
var errTest = errors.New("the value is another one")

// patchJSON applies the steps to target, which it may change.
func patchJSON(target any, steps []step) (any, error) {
	for _, s := range steps {
		var err error
		if target, err = s.apply(target, pointer(s.Path)); err != nil {
			return nil, fmt.Errorf("%s %s: %w", s.Op, s.Path, err)
		}
	}
	return target, nil
}

func pointer(path string) []string {
	if path == "" {
		return nil
	}
	names := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, name := range names {
		names[i] = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
	}
	return names
}

func (s *step) apply(target any, path []string) (any, error) {
	if len(path) == 0 {
		return s.whole(target)
	}
	switch parent := target.(type) {
	case map[string]any:
		return s.member(parent, path)
	case []any:
		return s.element(parent, path)
	}
	return nil, errors.New("there is no such path")
}

func (s *step) whole(target any) (any, error) {
	switch s.Op {
	case "add", "replace":
		return s.Value, nil
	case "test":
		if equal(target, s.Value) {
			return target, nil
		}
		return nil, errTest
	}
	return nil, errors.New("the operation is not supported")
}

func (s *step) member(parent map[string]any, path []string) (any, error) {
	old, found := parent[path[0]]
	if len(path) == 1 && s.Op == "remove" && found {
		delete(parent, path[0])
		return parent, nil
	}
	if !found && (len(path) > 1 || s.Op != "add") {
		return nil, errors.New("there is no such path")
	}
	changed, err := s.apply(old, path[1:])
	if err == nil {
		parent[path[0]] = changed
	}
	return parent, err
}

func (s *step) element(parent []any, path []string) (any, error) {
	i, err := strconv.Atoi(path[0])
	if path[0] == "-" {
		i, err = len(parent), nil
	}
	insert := len(path) == 1 && s.Op == "add"
	if err != nil || i < 0 || i > len(parent) || (i == len(parent) && !insert) {
		return nil, errors.New("there is no such element")
	}
	if insert {
		return slices.Insert(parent, i, s.Value), nil
	}
	if len(path) == 1 && s.Op == "remove" {
		return slices.Delete(parent, i, i+1), nil
	}
	parent[i], err = s.apply(parent[i], path[1:])
	return parent, err
}

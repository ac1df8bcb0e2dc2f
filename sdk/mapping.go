// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"
	"reflect"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk/internal/plan"
)

// Mapping says which keys the change of a watched object wakes. All but
// [MapFunc] are carried out by the host, without the guest.
type Mapping struct {
	kind          abi.MappingKind
	key           string
	orphansOnly   bool
	anyOwner      bool
	looseOnly     bool
	sameNamespace bool
	call          func(ctx context.Context, before, after []byte) ([]Key, error)
}

// MapController wakes the controller owner of the object, as Owns does.
func MapController() Mapping { return Mapping{kind: abi.MapOwns} }

// MapOwners wakes every owner of the object.
func MapOwners() Mapping { return Mapping{kind: abi.MapOwns, anyOwner: true} }

// MapLabel wakes the name in this label of the object, in its namespace.
func MapLabel(key string) Mapping { return Mapping{kind: abi.MapLabel, key: key} }

// MapField wakes the name in this field of the object, "spec.claimRef.name"
// for example, in its namespace. "metadata.namespace" wakes the object's
// namespace where For is namespaces.
func MapField(path string) Mapping { return Mapping{kind: abi.MapField, key: path} }

// MapSelectedBy wakes every object of For in the namespace whose selector, the
// field of For at this path, matches the labels of the watched object.
func MapSelectedBy(path string) Mapping { return Mapping{kind: abi.MapSelectedBy, key: path} }

// MapOrphansSelectedBy is [MapSelectedBy] for watched objects without
// controller owner.
func MapOrphansSelectedBy(path string) Mapping {
	return Mapping{kind: abi.MapSelectedBy, key: path, orphansOnly: true}
}

// MapAll wakes every object of For.
func MapAll() Mapping { return Mapping{kind: abi.MapAll} }

// MapSingleton wakes a controller with Singleton, and is for no other.
func MapSingleton() Mapping { return Mapping{kind: abi.MapSingleton} }

// Change is one change of a watched object.
type Change[T any] struct {
	Before *T // nil when the object is new
	After  *T // nil when the object is gone
}

// Object returns the object as it is, or as it last was.
func (c Change[T]) Object() *T {
	if c.After != nil {
		return c.After
	}
	return c.Before
}

// MapFunc asks the guest which keys the change of an object of the resource
// wakes. Prefer the other mappings where one fits: they cost the guest nothing.
func MapFunc[T any](resource *Resource[T], f func(ctx context.Context, change Change[T]) []Key) Mapping {
	call := func(ctx context.Context, before, after []byte) ([]Key, error) {
		var change Change[T]
		var err error
		if change.Before, err = resource.decodeChange(before); err != nil {
			return nil, err
		}
		if change.After, err = resource.decodeChange(after); err != nil {
			return nil, err
		}
		return f(ctx, change), nil
	}
	return Mapping{kind: abi.MapGuest, call: call}
}

// SameNamespace says that the function of a [MapFunc] returns keys of objects
// that are there, and in the namespace of the watched object. The host need not
// ask it where there are none.
func (m Mapping) SameNamespace() Mapping {
	m.sameNamespace = true
	return m
}

// decodeChange returns the object of a record, which is copied; nil for none.
func (r *Resource[T]) decodeChange(rec []byte) (*T, error) {
	if len(rec) == 0 {
		return nil, nil
	}
	object := new(T)
	return object, r.decode(string(rec), unsafe.Pointer(object))
}

// FieldsOf returns the fields that the struct T has, for the Fields of a
// [Watch]. They must be part of what the type of the resource has.
func FieldsOf[T any]() *Fields {
	t := reflect.TypeFor[T]()
	p, err := plan.Project(t)
	if err != nil {
		panic("sdk: FieldsOf: " + err.Error())
	}
	return &Fields{shape: p.Shape()}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// object is one record on its way through client-go's reflector, or, without
// record, a bookmark. It answers what a reflector asks of an object; the rest
// of metav1.Object is never called.
type object struct {
	metav1.Object
	rec  []byte
	mark *metav1.ObjectMeta // of a bookmark
}

func (o *object) GetObjectKind() schema.ObjectKind { return schema.EmptyObjectKind }

// DeepCopyObject returns o, which nobody modifies.
func (o *object) DeepCopyObject() runtime.Object { return o }

func (o *object) GetNamespace() string { h := cut(o.rec); return string(h.namespace) }

func (o *object) GetName() string { h := cut(o.rec); return string(h.name) }

func (o *object) GetResourceVersion() string {
	if o.mark != nil {
		return o.mark.ResourceVersion
	}
	return strconv.FormatUint(cut(o.rec).version, 10)
}

func (o *object) GetAnnotations() map[string]string {
	if o.mark == nil {
		return nil
	}
	return o.mark.Annotations
}

// objectList is a list in the form that client-go's pager takes apart by
// reflection: a field named Items whose elements are pointers.
type objectList struct {
	metav1.TypeMeta
	metav1.ListMeta
	Items []*object
}

// DeepCopyObject returns l, which nobody modifies.
func (l *objectList) DeepCopyObject() runtime.Object { return l }

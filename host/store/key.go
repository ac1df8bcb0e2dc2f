// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// Key names one object of a resource.
type Key struct {
	Namespace string // empty for cluster-scoped objects
	Name      string
}

// header is the head of a record, cut. All slices alias the record.
type header struct {
	namespace, name, uid []byte
	version              uint64
	body                 []byte
}

// cut splits a record that this process made, which is why it cannot be malformed.
func cut(rec []byte) (h header) {
	h.namespace, h.name, h.uid, h.version, h.body, _ = record.CutHeader(rec)
	return h
}

func (h *header) key() Key { return Key{Namespace: string(h.namespace), Name: string(h.name)} }

// compareKeys orders records by namespace and name.
func compareKeys(a, b *header) int {
	if c := bytes.Compare(a.namespace, b.namespace); c != 0 {
		return c
	}
	return bytes.Compare(a.name, b.name)
}

// alias returns b as a string without a copy. Records are never modified, so
// a name may stay inside its record: a copy would cost each object of the
// cache an allocation.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

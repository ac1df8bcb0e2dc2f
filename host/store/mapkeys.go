// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"sync/atomic"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// key returns the key of a primary object that a change of an object in
// namespace names.
func (m *Mapping) key(namespace string, name []byte) Key {
	if !m.primary.Namespaced() {
		namespace = ""
	}
	return Key{Namespace: namespace, Name: string(name)}
}

func (m *Mapping) itself(dst []Key, object Key, _ *layout, _ []byte) []Key {
	return append(dst, object)
}

// singleton is the one key of a controller that has no primary resource.
func (m *Mapping) singleton(dst []Key, _ Key, _ *layout, _ []byte) []Key {
	return append(dst, Key{})
}

func (m *Mapping) owners(dst []Key, object Key, l *layout, body []byte) []Key {
	for o := range l.owners.All(body) {
		if (o.Controller || m.watch.AnyOwner) && string(o.Kind) == m.kind && string(o.Group()) == m.group {
			dst = append(dst, m.key(object.Namespace, o.Name))
		}
	}
	return dst
}

func (m *Mapping) label(dst []Key, object Key, l *layout, body []byte) []Key {
	if name, ok := l.labels.Lookup(body, m.watch.Key); ok && len(name) > 0 {
		dst = append(dst, m.key(object.Namespace, name))
	}
	return dst
}

func (m *Mapping) fieldOf(dst []Key, object Key, l *layout, body []byte) []Key {
	var buffer [64]byte
	if name, ok := m.field.of(l).AppendText(buffer[:0], body); ok && len(name) > 0 {
		dst = append(dst, m.key(object.Namespace, name))
	}
	return dst
}

func (m *Mapping) namespaceOf(dst []Key, object Key, _ *layout, _ []byte) []Key {
	if object.Namespace == "" {
		return dst
	}
	return append(dst, m.key(object.Namespace, []byte(object.Namespace)))
}

func (m *Mapping) everything(dst []Key, _ Key, _ *layout, _ []byte) []Key {
	return m.primaries(dst, "", func(*layout, []byte) bool { return true })
}

func (m *Mapping) selectors(dst []Key, object Key, l *layout, body []byte) []Key {
	if m.watch.OrphansOnly {
		if _, owned := l.owners.Controller(body); owned {
			return dst
		}
	}
	labels := l.labels.Entries(body)
	return m.primaries(dst, object.Namespace, func(l *layout, body []byte) bool {
		return m.selector.of(l).Matches(body, labels)
	})
}

// primaries appends the keys of those primary objects of a namespace, of all
// if it is empty, that want it.
func (m *Mapping) primaries(dst []Key, namespace string, want func(l *layout, body []byte) bool) []Key {
	lens := m.primary.lens.Load()
	if lens == nil {
		return dst // all primary objects come as initial changes
	}
	if !m.primary.Namespaced() {
		namespace = ""
	}
	for _, rec := range lens.generation.table.all(namespace) {
		h := cut(rec)
		if want(lens.generation.layout, h.body) {
			dst = append(dst, h.key())
		}
	}
	return dst
}

// reader reads a field of bodies of whichever layout the cache has.
type reader[T any] struct {
	make func(*record.Shape) (*T, error)
	last atomic.Pointer[readerOf[T]]
}

// readerOf is the reader for one layout.
type readerOf[T any] struct {
	layout *layout
	reader *T
}

// of returns the reader for a layout, which must have the field. Layouts change
// rarely, so the last one is kept.
func (r *reader[T]) of(l *layout) *T {
	last := r.last.Load()
	if last == nil || last.layout != l {
		last = &readerOf[T]{l, must(r.make(&l.shape))}
		r.last.Store(last)
	}
	return last.reader
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import "maps"

// shrinkFrom is how many keys a keyMap must have had before it is worth making
// it smaller: some 50 KB.
const shrinkFrom = 1024

// keyMap is a map that gives back its memory, as Go's do not: a controller that
// once had a hundred thousand keys would keep room for them. The zero keyMap is
// empty and takes no memory.
type keyMap[V any] struct {
	entries map[Key]V
	most    int // entries since they were made
}

func (m *keyMap[V]) len() int { return len(m.entries) }

func (m *keyMap[V]) get(key Key) (V, bool) {
	v, ok := m.entries[key]
	return v, ok
}

func (m *keyMap[V]) set(key Key, v V) {
	if m.entries == nil {
		m.entries = map[Key]V{}
	}
	m.entries[key] = v
	m.most = max(m.most, len(m.entries))
}

// delete deletes a key. The map is made anew when three quarters of it have
// gone, which costs a third of a copy for each key that went.
func (m *keyMap[V]) delete(key Key) {
	delete(m.entries, key)
	if m.most < shrinkFrom || len(m.entries) > m.most/4 {
		return
	}
	smaller := make(map[Key]V, len(m.entries))
	maps.Copy(smaller, m.entries)
	m.entries, m.most = smaller, len(smaller)
}

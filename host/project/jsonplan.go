// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import "github.com/wasm-controller-manager/wcm/abi/record"

// jsonPlan is a shape made ready for scanning JSON. It is not modified after
// it was made.
type jsonPlan struct {
	kind     record.Kind
	optional bool
	shape    *record.Shape
	path     string      // for errors and warnings: "spec.containers[].name"
	zero     []byte      // what stands for an absent value
	fields   []*jsonPlan // of a Struct, in canonical order
	unset    []segment   // as many as fields
	keys     keyTable    // of a Struct
	elem     *jsonPlan   // of a List or Map
}

// member is what the scanner does at one key of an object.
type member struct {
	name        string
	outputs     []int     // the fields that the value goes to; more than one if their kinds differ
	hidden      *jsonPlan // scanned for the header only
	holdsHeader bool      // the value is the metadata, in which the header is
	slot        int       // which part of the header the value is, or -1
}

// The parts of the header, by their names in metadata.
const (
	slotNamespace = iota
	slotName
	slotUID
	slotVersion
	slotCount
)

var slotNames = [slotCount]string{"namespace", "name", "uid", "resourceVersion"}

// newRootPlan returns the plan of a resource: that of its shape, and what is
// needed for the header.
func newRootPlan(shape *record.Shape) *jsonPlan {
	root := newJSONPlan("", shape)
	meta := root.keys.add("metadata")
	meta.holdsHeader = true
	for _, i := range meta.outputs {
		if f := root.fields[i]; f.kind == record.Struct {
			f.addHeaderSlots()
			return root
		}
	}
	meta.hidden = newJSONPlan("metadata", &record.Shape{Kind: record.Struct})
	meta.hidden.addHeaderSlots()
	return root
}

func (p *jsonPlan) addHeaderSlots() {
	for slot, name := range slotNames {
		p.keys.add(name).slot = slot
	}
}

func newJSONPlan(path string, shape *record.Shape) *jsonPlan {
	p := &jsonPlan{
		kind:     shape.Kind,
		optional: shape.Optional,
		shape:    shape,
		path:     path,
		zero:     record.AppendZero(nil, shape),
		unset:    make([]segment, len(shape.Fields)),
	}
	for i := range shape.Fields {
		f := &shape.Fields[i]
		p.fields = append(p.fields, newJSONPlan(join(path, f.Name), &f.Shape))
		m := p.keys.add(f.Name)
		m.outputs = append(m.outputs, i)
	}
	if shape.Elem != nil {
		p.elem = newJSONPlan(path+"[]", shape.Elem)
	}
	return p
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// keyTable finds the member of a key: a hash table with open addressing, at
// most half full.
type keyTable struct {
	members []*member
	slots   []uint32 // 1 + index into members, or 0; the length is a power of two
}

// add returns the member of the name, which it makes if there is none.
func (t *keyTable) add(name string) *member {
	if m := t.find([]byte(name)); m != nil {
		return m
	}
	m := &member{name: name, slot: -1}
	t.members = append(t.members, m)
	if 2*len(t.members) <= len(t.slots) {
		t.place(len(t.members) - 1)
		return m
	}
	t.slots = make([]uint32, max(8, 2*len(t.slots)))
	for i := range t.members {
		t.place(i)
	}
	return m
}

// place enters the member of the index.
func (t *keyTable) place(i int) {
	mask := uint32(len(t.slots) - 1)
	h := hashKey([]byte(t.members[i].name))
	for t.slots[h&mask] != 0 {
		h++
	}
	t.slots[h&mask] = uint32(i + 1)
}

func (t *keyTable) find(key []byte) *member {
	if len(t.slots) == 0 {
		return nil
	}
	mask := uint32(len(t.slots) - 1)
	for h := hashKey(key); ; h++ {
		i := t.slots[h&mask]
		if i == 0 {
			return nil
		}
		if m := t.members[i-1]; m.name == string(key) {
			return m
		}
	}
}

// hashKey looks at the length and three bytes, which tells the names of one
// object apart well enough: a table has few of them, and a key that it does
// not have costs at most one comparison per name of the same hash.
func hashKey(key []byte) uint32 {
	n := len(key)
	if n == 0 {
		return 0
	}
	return uint32(n) + uint32(key[0])*3 + uint32(key[n/2])*5 + uint32(key[n-1])*11
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

// GetRequest asks for one object. The result is its record in the
// projection of the resource (header and body), or JSON if the resource has
// none or a subresource answers with another kind (scale). JSON starts with a
// brace and a record never does: its first byte is the length of a namespace.
type GetRequest struct {
	Resource    uint32 // index into Description.Resources
	Namespace   string
	Name        string
	Live        bool   // ask the API server instead of the cache
	Subresource string // "scale" for example; implies Live
	Target      Target // of any resource; implies Live
}

// Append appends the wire form to b.
func (m *GetRequest) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Resource))
	b = appendString(b, 2, m.Namespace)
	b = appendString(b, 3, m.Name)
	b = appendBool(b, 4, m.Live)
	b = appendString(b, 5, m.Subresource)
	return appendTarget(b, 6, &m.Target)
}

// AppendGetKey appends the key to a [GetRequest] that has none, for a guest that
// keeps the rest of its requests.
func AppendGetKey(b []byte, namespace, name string) []byte {
	return appendString(appendString(b, 2, namespace), 3, name)
}

// Decode sets m to the message in b, which it does not retain.
func (m *GetRequest) Decode(b []byte) error { return m.decode(b, false) }

// DecodeAlias is [GetRequest.Decode] without copies: the strings are those of b,
// and good as long as it stays as it is.
func (m *GetRequest) DecodeAlias(b []byte) error { return m.decode(b, true) }

// decode is a loop of its own, since one with a function allocates.
func (m *GetRequest) decode(b []byte, alias bool) error {
	*m = GetRequest{}
	f := field{message: "GetRequest", alias: alias}
	for len(b) > 0 {
		b = f.next(b)
		if err := f.visited(m.set(&f)); err != nil {
			return err
		}
	}
	return nil
}

func (m *GetRequest) set(f *field) error {
	switch f.number {
	case 1:
		return f.uint32("resource", &m.Resource)
	case 2:
		return f.text("namespace", &m.Namespace)
	case 3:
		return f.text("name", &m.Name)
	case 4:
		return f.bool("live", &m.Live)
	case 5:
		return f.text("subresource", &m.Subresource)
	case 6:
		if err := f.check("target", wireBytes); err != nil {
			return err
		}
		return m.Target.Decode(f.data)
	}
	return nil
}

// ListRequest asks for the objects that meet every condition given.
type ListRequest struct {
	Resource      uint32 // index into Description.Resources
	Namespace     string // empty: all namespaces
	Index         Index  // IndexNone: no index; else one that the description declares
	Value         string // what the index is to find
	LabelSelector string // in the syntax of kubectl; empty: everything
	Live          bool   // ask the API server instead of the cache
	Limit         uint32 // live only: at most so many, then Continue; 0: all
	Continue      string // live only: go on from the result that gave this
	Target        Target // of any resource; implies Live
}

// Append appends the wire form to b.
func (m *ListRequest) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Resource))
	b = appendString(b, 2, m.Namespace)
	if m.Index.Kind != IndexNone {
		b = appendMessage(b, 3, &m.Index)
	}
	b = appendString(b, 4, m.Value)
	b = appendString(b, 5, m.LabelSelector)
	b = appendBool(b, 6, m.Live)
	b = appendUint(b, 7, uint64(m.Limit))
	b = appendString(b, 8, m.Continue)
	return appendTarget(b, 9, &m.Target)
}

// Decode sets m to the message in b, which it does not retain.
func (m *ListRequest) Decode(b []byte) error {
	*m = ListRequest{}
	return eachField("ListRequest", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.uint32("resource", &m.Resource)
		case 2:
			return f.text("namespace", &m.Namespace)
		case 3:
			return f.embedded("index", &m.Index)
		case 4:
			return f.text("value", &m.Value)
		case 5:
			return f.text("label_selector", &m.LabelSelector)
		case 6:
			return f.bool("live", &m.Live)
		case 7:
			return f.uint32("limit", &m.Limit)
		case 8:
			return f.text("continue", &m.Continue)
		case 9:
			return f.embedded("target", &m.Target)
		}
		return nil
	})
}

// ListResult is the answer to a [ListRequest].
type ListResult struct {
	Items    [][]byte // one record each, in no order that means anything
	Continue string   // live only: there is more
	Targets  []Target // any resource, from the cache: what each item is
}

// Append appends the wire form to b.
func (m *ListResult) Append(b []byte) []byte {
	for _, item := range m.Items {
		b = AppendListItem(b, item)
	}
	b = appendString(b, 2, m.Continue)
	for i := range m.Targets {
		b = AppendListTarget(b, &m.Targets[i])
	}
	return b
}

// AppendListTarget appends what the item is that was appended to a [ListResult]
// last.
func AppendListTarget(b []byte, target *Target) []byte { return appendMessage(b, 3, target) }

// AppendListItem appends one item of a [ListResult] to b, for a host that
// builds the result without collecting the items first.
func AppendListItem(b, rec []byte) []byte { return appendBytesAlways(b, 1, rec) }

// AppendListContinue appends the continue token of a [ListResult] to b.
func AppendListContinue(b []byte, token string) []byte { return appendString(b, 2, token) }

// Decode sets m to the message in b; the items alias b.
func (m *ListResult) Decode(b []byte) error {
	*m = ListResult{Items: m.Items[:0], Targets: m.Targets[:0]}
	return eachField("ListResult", b, func(f *field) error {
		switch f.number {
		case 1:
			var item []byte
			err := f.bytes("items", &item)
			m.Items = append(m.Items, item)
			return err
		case 2:
			return f.text("continue", &m.Continue)
		case 3:
			m.Targets = append(m.Targets, Target{})
			return f.embedded("targets", &m.Targets[len(m.Targets)-1])
		}
		return nil
	})
}

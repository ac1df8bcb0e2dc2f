// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

// GetRequest asks for one object. The result is its record in the
// projection of the resource (header and body), or its JSON if the resource
// has none or a Subresource is asked for.
type GetRequest struct {
	Resource    uint32 // index into Description.Resources
	Namespace   string
	Name        string
	Live        bool   // ask the API server instead of the cache
	Subresource string // "scale" for example; implies Live
}

// Append appends the wire form to b.
func (m *GetRequest) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Resource))
	b = appendString(b, 2, m.Namespace)
	b = appendString(b, 3, m.Name)
	b = appendBool(b, 4, m.Live)
	return appendString(b, 5, m.Subresource)
}

// Decode sets m to the message in b, which it does not retain.
func (m *GetRequest) Decode(b []byte) error {
	*m = GetRequest{}
	return eachField("GetRequest", b, func(f *field) error {
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
		}
		return nil
	})
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
	return appendString(b, 8, m.Continue)
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
		}
		return nil
	})
}

// ListResult is the answer to a [ListRequest].
type ListResult struct {
	Items    [][]byte // one record each, in no order that means anything
	Continue string   // live only: there is more
}

// Append appends the wire form to b.
func (m *ListResult) Append(b []byte) []byte {
	for _, item := range m.Items {
		b = AppendListItem(b, item)
	}
	return appendString(b, 2, m.Continue)
}

// AppendListItem appends one item of a [ListResult] to b, for a host that
// builds the result without collecting the items first.
func AppendListItem(b, rec []byte) []byte { return appendBytesAlways(b, 1, rec) }

// AppendListContinue appends the continue token of a [ListResult] to b.
func AppendListContinue(b []byte, token string) []byte { return appendString(b, 2, token) }

// Decode sets m to the message in b; the items alias b.
func (m *ListResult) Decode(b []byte) error {
	*m = ListResult{Items: m.Items[:0]}
	return eachField("ListResult", b, func(f *field) error {
		switch f.number {
		case 1:
			var item []byte
			err := f.bytes("items", &item)
			m.Items = append(m.Items, item)
			return err
		case 2:
			return f.text("continue", &m.Continue)
		}
		return nil
	})
}

// PatchType is the format of the body of a patch. Numbers are append-only.
type PatchType uint32

// The patch types.
const (
	PatchMerge     PatchType = 0 // RFC 7386
	PatchJSON      PatchType = 1 // RFC 6902
	PatchStrategic PatchType = 2 // Kubernetes' strategic merge patch; built-in types only
)

// Propagation is the cascade of a delete. Numbers are append-only.
type Propagation uint32

// The propagation policies.
const (
	PropagationDefault    Propagation = 0 // the resource's default
	PropagationBackground Propagation = 1
	PropagationForeground Propagation = 2
	PropagationOrphan     Propagation = 3
)

// WriteRequest is the parameter of create, update, patch, apply, delete and
// delete_collection. The result is the record of the written object if the
// resource has a projection and Subresource is empty or "status", else the JSON
// that the API server answered with, a Scale for example. delete and
// delete_collection answer with nothing.
type WriteRequest struct {
	Resource    uint32 // index into Description.Resources
	Namespace   string
	Name        string // empty for create with generateName and for delete_collection
	Subresource string
	Body        []byte // JSON: the object, the patch, or the apply configuration
	PatchType   PatchType
	// Observed is the resource version of the record on which the guest
	// decided; 0: it does not care. If the projected bytes are still those of
	// that version the host fills in the current version, else the write is
	// StatusConflict.
	Observed uint64
	// UID, if set, must be the object's, else the write is StatusConflict.
	UID                string
	FieldManager       string // empty: the plugin's name
	Force              bool   // apply: take fields from other managers
	DryRun             bool
	GracePeriodSeconds *uint32 // delete: nil means the object's own
	Propagation        Propagation
	LabelSelector      string // delete_collection
}

// Append appends the wire form to b.
func (m *WriteRequest) Append(b []byte) []byte {
	b = appendUint(b, 1, uint64(m.Resource))
	b = appendString(b, 2, m.Namespace)
	b = appendString(b, 3, m.Name)
	b = appendString(b, 4, m.Subresource)
	b = appendBytes(b, 5, m.Body)
	b = appendUint(b, 6, uint64(m.PatchType))
	b = appendUint(b, 7, m.Observed)
	b = appendString(b, 8, m.UID)
	b = appendString(b, 9, m.FieldManager)
	b = appendBool(b, 10, m.Force)
	b = appendBool(b, 11, m.DryRun)
	if m.GracePeriodSeconds != nil {
		b = appendUintAlways(b, 12, uint64(*m.GracePeriodSeconds))
	}
	b = appendUint(b, 13, uint64(m.Propagation))
	return appendString(b, 14, m.LabelSelector)
}

// Decode sets m to the message in b; Body aliases b.
func (m *WriteRequest) Decode(b []byte) error {
	*m = WriteRequest{}
	return eachField("WriteRequest", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.uint32("resource", &m.Resource)
		case 2:
			return f.text("namespace", &m.Namespace)
		case 3:
			return f.text("name", &m.Name)
		case 4:
			return f.text("subresource", &m.Subresource)
		case 5:
			return f.bytes("body", &m.Body)
		case 6:
			return f.uint32("patch_type", (*uint32)(&m.PatchType))
		case 7:
			return f.uint64("observed", &m.Observed)
		case 8:
			return f.text("uid", &m.UID)
		case 9:
			return f.text("field_manager", &m.FieldManager)
		case 10:
			return f.bool("force", &m.Force)
		case 11:
			return f.bool("dry_run", &m.DryRun)
		case 12:
			m.GracePeriodSeconds = new(uint32)
			return f.uint32("grace_period_seconds", m.GracePeriodSeconds)
		case 13:
			return f.uint32("propagation", (*uint32)(&m.Propagation))
		case 14:
			return f.text("label_selector", &m.LabelSelector)
		}
		return nil
	})
}

// Error is the result of an operation whose status is not StatusOK.
type Error struct {
	Message           string // for people
	Reason            string // Kubernetes' reason, "AlreadyExists" for example, if the API server gave one
	RetryAfterSeconds uint32 // with StatusTooManyRequests
	// Causes are the types of the causes that the API server gave, which tell
	// apart refusals of one reason: "NamespaceTerminating" for example.
	Causes []string
}

// Append appends the wire form to b.
func (m *Error) Append(b []byte) []byte {
	b = appendString(b, 1, m.Message)
	b = appendString(b, 2, m.Reason)
	b = appendUint(b, 3, uint64(m.RetryAfterSeconds))
	for _, c := range m.Causes {
		b = appendElement(b, 4, c)
	}
	return b
}

// Decode sets m to the message in b, which it does not retain.
func (m *Error) Decode(b []byte) error {
	*m = Error{}
	return eachField("Error", b, func(f *field) error {
		switch f.number {
		case 1:
			return f.text("message", &m.Message)
		case 2:
			return f.text("reason", &m.Reason)
		case 3:
			return f.uint32("retry_after_seconds", &m.RetryAfterSeconds)
		case 4:
			return f.texts("causes", &m.Causes)
		}
		return nil
	})
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

import "strings"

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

// OwnFieldManager reports whether a plugin may write as a field manager without
// being granted the name: its own, "NAME/..." for those that tell several apart,
// and the empty one, which stands for its own.
func OwnFieldManager(plugin, manager string) bool {
	return manager == "" || manager == plugin || strings.HasPrefix(manager, plugin+"/")
}

// WriteRequest is the parameter of create, update, patch, apply, delete and
// delete_collection. The result is the record of the written object, or JSON
// if the resource has no projection or a subresource answers with another
// kind, as in [GetRequest]. delete and delete_collection answer with nothing.
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
	Target             Target // of any resource
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
	b = appendString(b, 14, m.LabelSelector)
	return appendTarget(b, 15, &m.Target)
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
		case 15:
			return f.embedded("target", &m.Target)
		}
		return nil
	})
}

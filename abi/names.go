// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi

// Version is the major version of the contract. Another major version has
// another marker, another import module and may differ in everything.
const Version = 1

// Marker is the name of the export by which a host recognises a module of
// this version without running any of its code: a function without
// parameters and results, which is never called.
const Marker = "wcm_abi_v1"

// MarkerPrefix starts the marker export of every version, so that a host can
// name the version of a module that it refuses.
const MarkerPrefix = "wcm_abi_v"

// ImportModule is the module name of all host functions of this version.
const ImportModule = "wcm_v1"

// ControllersVariable is the environment variable that tells a module of
// several controllers which of them an instance has: names with commas between
// them. Without it there are all.
const ControllersVariable = "WCM_CONTROLLERS"

// Memory is the name under which a guest exports its linear memory.
const Memory = "memory"

// The exports of a guest. README.md gives each one's parameters, results and
// the owner of the memory that is passed.
const (
	ExportInitialize = "_initialize"   // ()         optional; called once, first
	ExportRenew      = "wcm_renew"     // () i32     optional; called first in a copy
	ExportAlloc      = "wcm_alloc"     // (i32) i32
	ExportDescribe   = "wcm_describe"  // () i64
	ExportConfigure  = "wcm_configure" // (i32 i32) i64   optional
	ExportReconcile  = "wcm_reconcile" // (i32 i32) i64
	ExportMap        = "wcm_map"       // (i32 i32) i64   optional
	ExportGC         = "wcm_gc"        // ()              optional
)

// Operation names one host function. The number is an index for tables in a
// process and never crosses the boundary; the name does.
type Operation uint8

// The operations.
const (
	OpGet Operation = iota
	OpList
	OpCreate
	OpUpdate
	OpPatch
	OpApply
	OpDelete
	OpDeleteCollection
	OpEvent
	OpLog
	OpLogEnabled
	OpMetric
	OpTake
	OpHTTP
	OpSign
	OpDiscover
	OpBatch
	// Operations is the number of operations.
	Operations int = iota
)

var operationNames = [Operations]string{
	OpGet:              verbGet,
	OpList:             verbList,
	OpCreate:           "create",
	OpUpdate:           "update",
	OpPatch:            "patch",
	OpApply:            "apply",
	OpDelete:           "delete",
	OpDeleteCollection: "delete_collection",
	OpEvent:            "event",
	OpLog:              "log",
	OpLogEnabled:       "log_enabled",
	OpMetric:           "metric",
	OpTake:             "take",
	OpHTTP:             "http",
	OpSign:             "sign",
	OpDiscover:         "discover",
	OpBatch:            "batch",
}

// String returns the name of the host function, "get" for example.
func (o Operation) String() string {
	if int(o) < Operations {
		return operationNames[o]
	}
	return "unknown"
}

const (
	verbGet  = "get"
	verbList = "list"
)

// Verb names what an operation does to a resource as RBAC does, with the
// subresource, if there is one, before it: "create", "deletecollection",
// "status/patch". Apply is a patch.
func (o Operation) Verb(subresource string) string {
	verb := o.String()
	switch o {
	case OpApply:
		verb = OpPatch.String()
	case OpDeleteCollection:
		verb = "deletecollection"
	}
	if subresource != "" {
		verb = subresource + "/" + verb
	}
	return verb
}

// Write reports whether the operation changes objects in the API server.
func (o Operation) Write() bool { return o >= OpCreate && o <= OpDeleteCollection }

// Sends reports whether the operation sends a body of the guest's over a
// network. A binding hands it a copy of the request: whatever transports it
// may go on reading after the operation was given up.
func (o Operation) Sends() bool { return o.Write() || o == OpHTTP || o == OpBatch }

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import "github.com/wasm-controller-manager/wcm/abi"

// wantedExport is a function that a guest exports.
type wantedExport struct {
	name      string
	signature Signature
	optional  bool
}

// wantedExports are the functions of the guest's side of the contract.
var wantedExports = [...]wantedExport{
	{abi.Marker, "()", false},
	{abi.ExportInitialize, "()", true},
	{abi.ExportRenew, "() i32", true},
	{abi.ExportAlloc, "(i32) i32", false},
	{abi.ExportDescribe, "() i64", false},
	{abi.ExportConfigure, "(i32 i32) i64", true},
	{abi.ExportReconcile, "(i32 i32) i64", false},
	{abi.ExportMap, "(i32 i32) i64", true},
	{abi.ExportGC, "()", true},
}

// OperationSignature returns the signature of the host function of an
// operation: the address and length of a request, then the address and length
// of the guest's buffer for the result.
func OperationSignature(op abi.Operation) Signature {
	switch op {
	case abi.OpLogEnabled:
		return "(i32) i32"
	case abi.OpTake:
		return "(i32 i32) i64"
	}
	return "(i32 i32 i32 i32) i64"
}

// WASIModule is the module name of the WASI functions that a guest may import.
const WASIModule = "wasi_snapshot_preview1"

// wasiFunctions are the functions of WASI preview 1. All of them may be
// imported, since a toolchain's library imports what it may need; what a guest
// can reach through them is decided where it is instantiated.
var wasiFunctions = map[string]Signature{
	"args_get":                "(i32 i32) i32",
	"args_sizes_get":          "(i32 i32) i32",
	"environ_get":             "(i32 i32) i32",
	"environ_sizes_get":       "(i32 i32) i32",
	"clock_res_get":           "(i32 i32) i32",
	"clock_time_get":          "(i32 i64 i32) i32",
	"fd_advise":               "(i32 i64 i64 i32) i32",
	"fd_allocate":             "(i32 i64 i64) i32",
	"fd_close":                "(i32) i32",
	"fd_datasync":             "(i32) i32",
	"fd_fdstat_get":           "(i32 i32) i32",
	"fd_fdstat_set_flags":     "(i32 i32) i32",
	"fd_fdstat_set_rights":    "(i32 i64 i64) i32",
	"fd_filestat_get":         "(i32 i32) i32",
	"fd_filestat_set_size":    "(i32 i64) i32",
	"fd_filestat_set_times":   "(i32 i64 i64 i32) i32",
	"fd_pread":                "(i32 i32 i32 i64 i32) i32",
	"fd_prestat_get":          "(i32 i32) i32",
	"fd_prestat_dir_name":     "(i32 i32 i32) i32",
	"fd_pwrite":               "(i32 i32 i32 i64 i32) i32",
	"fd_read":                 "(i32 i32 i32 i32) i32",
	"fd_readdir":              "(i32 i32 i32 i64 i32) i32",
	"fd_renumber":             "(i32 i32) i32",
	"fd_seek":                 "(i32 i64 i32 i32) i32",
	"fd_sync":                 "(i32) i32",
	"fd_tell":                 "(i32 i32) i32",
	"fd_write":                "(i32 i32 i32 i32) i32",
	"path_create_directory":   "(i32 i32 i32) i32",
	"path_filestat_get":       "(i32 i32 i32 i32 i32) i32",
	"path_filestat_set_times": "(i32 i32 i32 i32 i64 i64 i32) i32",
	"path_link":               "(i32 i32 i32 i32 i32 i32 i32) i32",
	"path_open":               "(i32 i32 i32 i32 i32 i64 i64 i32 i32) i32",
	"path_readlink":           "(i32 i32 i32 i32 i32 i32) i32",
	"path_remove_directory":   "(i32 i32 i32) i32",
	"path_rename":             "(i32 i32 i32 i32 i32 i32) i32",
	"path_symlink":            "(i32 i32 i32 i32 i32) i32",
	"path_unlink_file":        "(i32 i32 i32) i32",
	"poll_oneoff":             "(i32 i32 i32 i32) i32",
	"proc_exit":               "(i32)",
	"proc_raise":              "(i32) i32",
	"random_get":              "(i32 i32) i32",
	"sched_yield":             "() i32",
	"sock_accept":             "(i32 i32 i32) i32",
	"sock_recv":               "(i32 i32 i32 i32 i32 i32) i32",
	"sock_send":               "(i32 i32 i32 i32 i32) i32",
	"sock_shutdown":           "(i32 i32) i32",
}

// hostFunction returns the signature of a function that guests may import.
func hostFunction(module, name string) (s Signature, known bool) {
	switch module {
	case WASIModule:
		s, known = wasiFunctions[name]
	case abi.ImportModule:
		var op abi.Operation
		if op, known = operations[name]; known {
			s = OperationSignature(op)
		}
	}
	return s, known
}

var operations = func() map[string]abi.Operation {
	byName := make(map[string]abi.Operation, abi.Operations)
	for op := range abi.Operation(abi.Operations) {
		byName[op.String()] = op
	}
	return byName
}()

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build wasip1

package sdk

import (
	"context"
	"runtime"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/abi"
)

// The memory that the host knows the address of. The variables keep it from
// being collected; the host uses it until it calls the next export.
var (
	incoming []byte // the message that the host is about to hand over
	outgoing []byte // the message that the guest handed over last
)

//go:wasmexport wcm_abi_v1
func exportMarker() {}

//go:wasmexport wcm_alloc
func exportAlloc(size uint32) unsafe.Pointer {
	if uint32(cap(incoming)) < size || incoming == nil {
		incoming = make([]byte, max(size, 1<<10))
	}
	return unsafe.Pointer(unsafe.SliceData(incoming))
}

//go:wasmexport wcm_describe
func exportDescribe() uint64 { return handOver(module.description.Append(outgoing[:0])) }

//go:wasmexport wcm_configure
func exportConfigure(message unsafe.Pointer, length uint32) uint64 {
	var m abi.Configuration
	rejection := abi.Rejection{}
	if err := m.Decode(unsafe.Slice((*byte)(message), length)); err != nil {
		rejection.Message = err.Error()
	} else {
		rejection = theInstance.configure(&m)
	}
	return handOver(rejection.Append(outgoing[:0]))
}

//go:wasmexport wcm_reconcile
func exportReconcile(message unsafe.Pointer, length uint32) uint64 {
	var m abi.Request
	outcome := abi.Outcome{Verdict: abi.VerdictTerminal}
	if err := m.Decode(unsafe.Slice((*byte)(message), length)); err != nil {
		outcome.Message = err.Error()
	} else {
		outcome = theInstance.reconcile(context.Background(), &m)
	}
	return handOver(outcome.Append(outgoing[:0]))
}

//go:wasmexport wcm_map
func exportMap(message unsafe.Pointer, length uint32) uint64 {
	var m abi.Change
	err := m.Decode(unsafe.Slice((*byte)(message), length))
	var requests abi.Requests
	if err == nil {
		requests, err = theInstance.keys(context.Background(), &m)
	}
	if err != nil { // the host and the guest disagree about the contract
		panic("wcm_map: " + err.Error())
	}
	return handOver(requests.Append(outgoing[:0]))
}

//go:wasmexport wcm_gc
func exportGC() { runtime.GC() }

// handOver keeps a message for the host and returns where it is.
func handOver(message []byte) uint64 {
	outgoing = message
	return abi.PackRange(uint32(uintptr(unsafe.Pointer(unsafe.SliceData(message)))), uint32(len(message)))
}

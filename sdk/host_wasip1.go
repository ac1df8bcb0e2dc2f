// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build wasip1

package sdk

import (
	"context"
	"runtime"
	"time"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/abi"
)

// host is the other side of the imports, of which there is one.
type host struct{ results buffers }

// now is the time without the monotonic clock, which the host can neither set
// nor keep over the life of an instance.
func (h *host) now() time.Time { return time.Now().Round(0) }

// theInstance is the one that this memory is.
var theInstance = &instance{}

func defaultInstance() *instance { return theInstance }

// Every operation has an import and a method of its own, called from one
// place. The linker drops what a plugin does not reach, and so the imports of
// a module are the operations that it can perform.

//go:wasmimport wcm_v1 get
//go:noescape
func importGet(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 list
//go:noescape
func importList(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 create
//go:noescape
func importCreate(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 update
//go:noescape
func importUpdate(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 patch
//go:noescape
func importPatch(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 apply
//go:noescape
func importApply(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 delete
//go:noescape
func importDelete(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 delete_collection
//go:noescape
func importDeleteCollection(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 event
//go:noescape
func importEvent(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 log
//go:noescape
func importLog(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 metric
//go:noescape
func importMetric(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 http
//go:noescape
func importHTTP(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 sign
//go:noescape
func importSign(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 discover
//go:noescape
func importDiscover(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 log_enabled
func importLogEnabled(level uint32) uint32

//go:wasmimport wcm_v1 take
//go:noescape
func importTake(buffer unsafe.Pointer, limit uint32) uint64

func (in *instance) get(_ context.Context, request []byte) answer {
	b := in.result()
	return in.finish(b, importGet(address(request), size(request), address(b.b), limit(b)), request)
}

func (in *instance) list(_ context.Context, request []byte) answer {
	b := in.result()
	return in.finish(b, importList(address(request), size(request), address(b.b), limit(b)), request)
}

func (in *instance) create(_ context.Context, request []byte) answer {
	b := in.result()
	return in.finish(b, importCreate(address(request), size(request), address(b.b), limit(b)), request)
}

func (in *instance) update(_ context.Context, request []byte) answer {
	b := in.result()
	return in.finish(b, importUpdate(address(request), size(request), address(b.b), limit(b)), request)
}

func (in *instance) patch(_ context.Context, request []byte) answer {
	b := in.result()
	return in.finish(b, importPatch(address(request), size(request), address(b.b), limit(b)), request)
}

func (in *instance) apply(_ context.Context, request []byte) answer {
	b := in.result()
	return in.finish(b, importApply(address(request), size(request), address(b.b), limit(b)), request)
}

func (in *instance) delete(_ context.Context, request []byte) answer {
	b := in.result()
	return in.finish(b, importDelete(address(request), size(request), address(b.b), limit(b)), request)
}

func (in *instance) deleteCollection(_ context.Context, request []byte) answer {
	b := in.result()
	return in.finish(b, importDeleteCollection(address(request), size(request), address(b.b), limit(b)), request)
}

func (in *instance) event(_ context.Context, request []byte) answer {
	b := in.result()
	return in.finish(b, importEvent(address(request), size(request), address(b.b), limit(b)), request)
}

func (in *instance) log(_ context.Context, request []byte) answer {
	b := in.result()
	return in.finish(b, importLog(address(request), size(request), address(b.b), limit(b)), request)
}

func (in *instance) metric(_ context.Context, request []byte) answer {
	b := in.result()
	return in.finish(b, importMetric(address(request), size(request), address(b.b), limit(b)), request)
}

func (in *instance) http(_ context.Context, request []byte) answer {
	b := in.result()
	return in.finish(b, importHTTP(address(request), size(request), address(b.b), limit(b)), request)
}

func (in *instance) sign(_ context.Context, request []byte) answer {
	b := in.result()
	return in.finish(b, importSign(address(request), size(request), address(b.b), limit(b)), request)
}

func (in *instance) discover(_ context.Context, request []byte) answer {
	b := in.result()
	return in.finish(b, importDiscover(address(request), size(request), address(b.b), limit(b)), request)
}

func (in *instance) logEnabled(_ context.Context, level abi.Level) bool {
	return importLogEnabled(uint32(level)) != 0
}

// resultSize is the memory for a result that is always there; a larger one is
// taken into memory of its own.
const resultSize = 4 << 10

func (in *instance) result() *buffer {
	b := in.host.results.take()
	if cap(b.b) < resultSize {
		b.b = make([]byte, 0, resultSize)
	}
	return b
}

// finish returns the result, which the host wrote to b or keeps for one take,
// in memory of its own, and puts b back.
func (in *instance) finish(b *buffer, packed uint64, request []byte) answer {
	runtime.KeepAlive(request)
	status, length := abi.UnpackResult(packed)
	a := answer{status: status}
	if length > uint32(cap(b.b)) {
		a.b = make([]byte, length)
		importTake(address(a.b), length)
	} else if length > 0 {
		a.b = append(make([]byte, 0, length), b.b[:length]...)
	}
	in.host.results.put(b)
	return a
}

func address(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }

func size(b []byte) uint32 { return uint32(len(b)) }

func limit(b *buffer) uint32 { return uint32(cap(b.b)) }

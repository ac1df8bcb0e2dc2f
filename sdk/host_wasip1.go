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

// alone says that one goroutine at a time uses a resource: there is one thread,
// and it goes from one goroutine to another where one waits or allocates.
const alone = true

// host is the other side of the imports, of which there is one.
type host struct {
	room []byte // what is free of the memory for results; nil while an operation writes to it
}

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

//go:wasmimport wcm_v1 batch
//go:noescape
func importBatch(request unsafe.Pointer, length uint32, buffer unsafe.Pointer, limit uint32) uint64

//go:wasmimport wcm_v1 log_enabled
func importLogEnabled(level uint32) uint32

//go:wasmimport wcm_v1 take
//go:noescape
func importTake(buffer unsafe.Pointer, limit uint32) uint64

func (in *instance) get(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importGet(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) list(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importList(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) create(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importCreate(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) update(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importUpdate(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) patch(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importPatch(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) apply(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importApply(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) delete(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importDelete(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) deleteCollection(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importDeleteCollection(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) event(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importEvent(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) log(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importLog(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) metric(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importMetric(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) http(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importHTTP(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) sign(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importSign(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) discover(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importDiscover(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) batch(_ context.Context, request []byte) answer {
	b := in.room()
	return in.finish(b, importBatch(address(request), size(request), address(b), size(b)), request)
}

func (in *instance) logEnabled(_ context.Context, level abi.Level) bool {
	return importLogEnabled(uint32(level)) != 0
}

// Results are written one behind the other to memory of roomSize, of which
// smallestRoom at least is free. A result that turns out larger is taken into
// memory of its own.
const (
	roomSize     = 8 << 10
	smallestRoom = 1 << 10
)

// room returns the memory for a result.
func (in *instance) room() []byte {
	b := in.host.room
	in.host.room = nil
	if len(b) < smallestRoom {
		b = make([]byte, roomSize)
	}
	return b
}

// finish returns the result, which the host wrote to b or keeps for one take. It
// is the caller's; what is left of b is for the next one.
func (in *instance) finish(b []byte, packed uint64, request []byte) answer {
	runtime.KeepAlive(request)
	status, length := abi.UnpackResult(packed)
	if length > size(b) {
		in.host.room = b
		taken := make([]byte, length)
		importTake(address(taken), length)
		return answer{status, taken}
	}
	in.host.room = b[length:]
	return answer{status, b[:length:length]}
}

func address(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }

func size(b []byte) uint32 { return uint32(len(b)) }

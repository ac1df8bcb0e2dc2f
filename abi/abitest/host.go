// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abitest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/wasm-controller-manager/wcm/abi"
)

// host is the smallest host that keeps the contract: one instance of one
// module. It is not safe for concurrent use.
type host struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	guest    api.Module
	exports  map[string]api.Function // kept, because each handle has a stack of its own
	operator abi.Operator
	kept     []byte // the result that did not fit, for take; nil if there is none

	oversized int // how many results did not fit
	taken     int // how many of them were taken
}

// compiled keeps code for guests that are tested several times, a module of
// several controllers for example.
var compiled = wazero.NewCompilationCache()

// newHost compiles wasm. The caller closes the host.
func newHost(ctx context.Context, wasm []byte, op abi.Operator) (h *host, err error) {
	h = &host{runtime: wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(compiled)), operator: op}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close(ctx))
		}
	}()
	if _, err = wasi_snapshot_preview1.Instantiate(ctx, h.runtime); err != nil {
		return nil, err
	}
	functions := h.runtime.NewHostModuleBuilder(abi.ImportModule)
	for op := range abi.Operation(abi.Operations) {
		s := operationSignature(op)
		functions.NewFunctionBuilder().WithGoModuleFunction(h.function(op), s.params, s.results).Export(op.String())
	}
	if _, err = functions.Instantiate(ctx); err != nil {
		return nil, err
	}
	h.compiled, err = h.runtime.CompileModule(ctx, wasm)
	return h, err
}

// instantiate makes the instance, whose output goes to output. Its argument is
// empty, since no guest can rely on another one.
func (h *host) instantiate(ctx context.Context, output io.Writer, variables []string) (err error) {
	config := wazero.NewModuleConfig().WithStartFunctions(abi.ExportInitialize).WithArgs("").WithEnv("GOGC", "off").
		WithStdout(output).WithStderr(output).WithRandSource(rand.Reader).WithSysWalltime().WithSysNanotime().WithSysNanosleep()
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		config = config.WithEnv(name, value)
	}
	if h.guest, err = h.runtime.InstantiateModule(ctx, h.compiled, config); err != nil {
		return err
	}
	h.exports = map[string]api.Function{}
	for name := range h.compiled.ExportedFunctions() {
		h.exports[name] = h.guest.ExportedFunction(name)
	}
	return nil
}

func (h *host) close(ctx context.Context) error { return h.runtime.Close(ctx) }

func (h *host) function(op abi.Operation) api.GoModuleFunc {
	switch op {
	case abi.OpLogEnabled:
		return func(ctx context.Context, _ api.Module, stack []uint64) {
			enabled := h.operator.LogEnabled(ctx, abi.Level(stack[0]))
			stack[0] = map[bool]uint64{true: 1}[enabled]
		}
	case abi.OpTake:
		return func(_ context.Context, guest api.Module, stack []uint64) {
			buffer := view(guest, stack[0], stack[1])
			if h.kept == nil {
				e := abi.Error{Message: "take: no result is kept"}
				stack[0] = h.deliver(abi.StatusBadRequest, e.Append(nil), buffer)
				return
			}
			stack[0] = h.deliver(abi.StatusOK, h.kept, buffer)
			if h.kept == nil {
				h.taken++
			}
		}
	}
	return func(ctx context.Context, guest api.Module, stack []uint64) {
		request, buffer := view(guest, stack[0], stack[1]), view(guest, stack[2], stack[3])
		status, result := h.operator.Operate(ctx, op, request, nil)
		stack[0] = h.deliver(status, result, buffer)
		if h.kept != nil {
			h.oversized++
		}
	}
}

// deliver writes a result that fits and keeps one that does not.
func (h *host) deliver(status abi.Status, result, buffer []byte) uint64 {
	h.kept = nil
	if len(result) > len(buffer) {
		h.kept = result
	}
	if h.kept == nil {
		copy(buffer, result)
	}
	return abi.PackResult(status, uint32(len(result)))
}

// view returns a range of the guest's memory, or traps.
func view(guest api.Module, address, length uint64) []byte {
	if uint32(length) == 0 {
		return nil
	}
	b, ok := guest.Memory().Read(uint32(address), uint32(length))
	if !ok {
		panic(fmt.Errorf("%d bytes at %#x are outside of the memory", uint32(length), uint32(address)))
	}
	return b
}

// send calls an export with a message, or without if there is none, and
// returns a copy of its result.
func (h *host) send(ctx context.Context, export string, message []byte) ([]byte, error) {
	var params []uint64
	if export != abi.ExportDescribe {
		params = []uint64{0, 0}
	}
	if len(message) > 0 {
		address, err := h.alloc(ctx, uint32(len(message)))
		if err != nil {
			return nil, err
		}
		if !h.guest.Memory().Write(address, message) {
			return nil, fmt.Errorf("%s(%d) returned %#x, which is outside of the memory", abi.ExportAlloc, len(message), address)
		}
		params = []uint64{uint64(address), uint64(len(message))}
	}
	results, err := h.exports[export].Call(ctx, params...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", export, err)
	}
	address, length := abi.UnpackRange(results[0])
	if length == 0 {
		return nil, nil
	}
	b, ok := h.guest.Memory().Read(address, length)
	if !ok {
		return nil, fmt.Errorf("%s returned %d bytes at %#x, which are outside of the memory", export, length, address)
	}
	return append([]byte(nil), b...), nil
}

// alloc returns the address of memory that the guest allocates.
func (h *host) alloc(ctx context.Context, size uint32) (uint32, error) {
	results, err := h.exports[abi.ExportAlloc].Call(ctx, uint64(size))
	if err != nil {
		return 0, fmt.Errorf("%s(%d): %w", abi.ExportAlloc, size, err)
	}
	address := uint32(results[0])
	if address == 0 {
		return 0, fmt.Errorf("%s(%d) has no memory", abi.ExportAlloc, size)
	}
	if address%8 != 0 {
		return 0, fmt.Errorf("%s(%d) returned %#x, which is no multiple of 8", abi.ExportAlloc, size, address)
	}
	return address, nil
}

// message is what crosses the boundary.
type message interface{ Decode(b []byte) error }

// exchange is send with the result decoded.
func (h *host) exchange(ctx context.Context, export string, parameter []byte, result message) error {
	b, err := h.send(ctx, export, parameter)
	if err != nil {
		return err
	}
	if err := result.Decode(b); err != nil {
		return fmt.Errorf("%s returned %d bytes: %w", export, len(b), err)
	}
	return nil
}

// Reconcile makes host a [Reconciler].
func (h *host) Reconcile(ctx context.Context, r abi.Request) (outcome abi.Outcome, err error) {
	err = h.exchange(ctx, abi.ExportReconcile, r.Append(nil), &outcome)
	return outcome, err
}

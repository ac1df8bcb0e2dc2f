// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wasm-controller-manager/wcm/host/meter"
	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// runtime instantiates rewritten modules, with a yield that counts.
type runtime struct {
	wazero.Runtime
	refill int64 // what a yield grants
	yields int
	most   int // yields after which the guest is stopped; 0: never
	// ledgers of the modules that are audited; nil: none is.
	ledgers map[api.Module]*ledger
}

var errStopped = errors.New("stopped")

// newRuntime returns a runtime whose yield grants so much fuel at a time.
func newRuntime(t testing.TB, refill int64) *runtime {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	r := &runtime{
		Runtime: wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler().WithCoreFeatures(api.CoreFeaturesV2)),
		refill:  refill,
	}
	t.Cleanup(func() { r.Close(ctx) })
	yield := api.GoModuleFunc(func(_ context.Context, m api.Module, stack []uint64) {
		r.yield(t, m)
		stack[0] = uint64(r.refill)
	})
	_, err := r.NewHostModuleBuilder(meter.ImportModule).NewFunctionBuilder().
		WithGoModuleFunction(yield, nil, []api.ValueType{api.ValueTypeI64}).Export(meter.ImportYield).Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *runtime) yield(t testing.TB, m api.Module) {
	if left := fuel(m); left >= 0 {
		t.Errorf("yield with %d units of fuel left", left)
	}
	if r.ledgers != nil {
		r.ledger(m).settle(t, r.refill)
	}
	if r.yields++; r.yields == r.most {
		panic(errStopped)
	}
}

func fuel(m api.Module) int64 { return int64(m.ExportedGlobal(meter.FuelGlobal).Get()) }

func (r *runtime) ledger(m api.Module) *ledger {
	l := r.ledgers[m]
	if l == nil {
		l = &ledger{module: m}
		r.ledgers[m] = l
	}
	return l
}

func (r *runtime) instantiate(t testing.TB, file []byte, config wazero.ModuleConfig) (api.Module, error) {
	metered, err := rewrite(file)
	if err != nil {
		return nil, err
	}
	if _, err := wasm.Decode(metered, wasm.DefaultLimits()); err != nil {
		return nil, fmt.Errorf("decode the rewritten module: %w", err)
	}
	if r.ledgers != nil {
		metered = audit(t, file, metered)
	}
	return r.InstantiateWithConfig(t.Context(), metered, config)
}

func rewrite(file []byte) ([]byte, error) {
	m, err := wasm.Decode(file, wasm.DefaultLimits())
	if err != nil {
		return nil, err
	}
	return meter.Rewrite(m)
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"context"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"golang.org/x/sys/unix"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/meter"
)

// sentence is what guests of the corpus count the words of here: a call is
// about as long as a reconcile.
const sentence = "a host keeps what its guests read and wakes one when bytes of its own view change so that each call does one thing"

// BenchmarkMeter measures a call of a guest as it was compiled, metered, and
// interruptible by wazero, by turns, in CPU time of the thread. What a busy
// machine disturbs least is the ratio of neighbours, so that is what the
// medians are of.
func BenchmarkMeter(b *testing.B) {
	request := abi.Request{Controller: 0, Namespace: "default", Name: "web-0", ID: "1"}
	reconcile := subject{alloc: abi.ExportAlloc, call: abi.ExportReconcile, message: request.Append(nil), calls: 500}
	words := subject{alloc: "alloc", call: "run", message: []byte(sentence), calls: 200}
	b.Run("go-plugin", func(b *testing.B) { measure(b, buildGuest(b, "../../bench/guests/noop"), reconcile) })
	b.Run("go", func(b *testing.B) { measure(b, buildGuest(b, "./testdata/corpus/words"), words) })
	for _, compiler := range []string{"tinygo", "rust", "c", "zig", "assemblyscript"} {
		b.Run(compiler, func(b *testing.B) { measure(b, fixture(b, filepath.Join("corpus", "words_"+compiler)), words) })
	}
	b.Run("loop", func(b *testing.B) { measure(b, fixture(b, "tight"), words) })
}

// subject is a function of a guest that takes a message.
type subject struct {
	alloc, call string
	message     []byte
	calls       int // at a time
}

// contestant is a guest compiled in one of the ways.
type contestant struct {
	name      string
	ctx       context.Context
	runtime   wazero.Runtime
	compiled  wazero.CompiledModule
	compiling time.Duration
	times     []float64 // nanoseconds per call
}

func measure(b *testing.B, file []byte, s subject) {
	goruntime.LockOSThread() // for the clock
	defer goruntime.UnlockOSThread()
	start := threadTime()
	metered, err := rewrite(file)
	if err != nil {
		b.Fatal(err)
	}
	rewriting := threadTime() - start
	contestants := []*contestant{
		prepare(b, "plain", file, wazero.NewRuntimeConfigCompiler()),
		prepare(b, "metered", metered, wazero.NewRuntimeConfigCompiler()),
		prepare(b, "interruptible", file, wazero.NewRuntimeConfigCompiler().WithCloseOnContextDone(true)),
	}
	for n := 0; b.Loop(); n++ {
		for i := range contestants {
			contestants[(i+n)%len(contestants)].run(b, s)
		}
	}
	plain := contestants[0]
	for _, c := range contestants {
		ratios := make([]float64, len(c.times))
		for i, t := range c.times {
			ratios[i] = t / plain.times[i]
		}
		b.ReportMetric(median(ratios)*median(plain.times), c.name+"-ns/call")
		b.ReportMetric(float64(c.compiling), c.name+"-compile-ns")
	}
	b.ReportMetric(float64(rewriting), "rewrite-ns")
	b.ReportMetric(float64(len(metered)), "metered-B")
	b.ReportMetric(float64(len(file)), "plain-B")
	b.ReportMetric(0, "ns/op")
}

func median(values []float64) float64 {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

// run times calls of a fresh instance.
func (c *contestant) run(b *testing.B, s subject) {
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize").WithArgs("guest").WithEnv("GOGC", "off")
	m, err := c.runtime.InstantiateModule(c.ctx, c.compiled, config)
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close(c.ctx)
	alloc, call := m.ExportedFunction(s.alloc), m.ExportedFunction(s.call)
	calls := func(n int) {
		for range n {
			address, err := alloc.Call(c.ctx, uint64(len(s.message)))
			if err != nil || !m.Memory().Write(uint32(address[0]), s.message) {
				b.Fatalf("%s: %v, %v", s.alloc, address, err)
			}
			if _, err := call.Call(c.ctx, address[0], uint64(len(s.message))); err != nil {
				b.Fatalf("%s: %v", s.call, err)
			}
		}
	}
	calls(s.calls / 5)
	start := threadTime()
	calls(s.calls)
	c.times = append(c.times, float64(threadTime()-start)/float64(s.calls))
}

// prepare compiles a guest in a runtime with what guests import.
func prepare(b *testing.B, name string, file []byte, config wazero.RuntimeConfig) *contestant {
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	r := wazero.NewRuntimeWithConfig(ctx, config.WithCoreFeatures(api.CoreFeaturesV2))
	b.Cleanup(func() {
		r.Close(ctx)
		cancel()
	})
	wasi_snapshot_preview1.MustInstantiate(ctx, r)
	deadline := time.Now().Add(time.Hour)
	yield := func(ctx context.Context, _ api.Module, stack []uint64) {
		if time.Now().After(deadline) || ctx.Err() != nil {
			panic(errStopped)
		}
		stack[0] = 1 << 20
	}
	export(b, r, meter.ImportModule, meter.ImportYield, yield, nil, []api.ValueType{api.ValueTypeI64})
	start := threadTime()
	compiled, err := r.CompileModule(ctx, file)
	if err != nil {
		b.Fatal(err)
	}
	compiling := threadTime() - start
	operations(b, r, compiled)
	return &contestant{name: name, ctx: ctx, runtime: r, compiled: compiled, compiling: compiling}
}

// operations gives a plugin the host functions that it imports. They do
// nothing: the reconcile that is measured calls none.
func operations(b *testing.B, r wazero.Runtime, m wazero.CompiledModule) {
	builder := r.NewHostModuleBuilder(abi.ImportModule)
	for _, f := range m.ImportedFunctions() {
		if module, name, _ := f.Import(); module == abi.ImportModule {
			nothing := api.GoModuleFunc(func(_ context.Context, _ api.Module, stack []uint64) { stack[0] = 0 })
			builder.NewFunctionBuilder().WithGoModuleFunction(nothing, f.ParamTypes(), f.ResultTypes()).Export(name)
		}
	}
	if _, err := builder.Instantiate(b.Context()); err != nil {
		b.Fatal(err)
	}
}

func export(b *testing.B, r wazero.Runtime, module, name string, f api.GoModuleFunc, params, results []api.ValueType) {
	if _, err := r.NewHostModuleBuilder(module).NewFunctionBuilder().
		WithGoModuleFunction(f, params, results).Export(name).Instantiate(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// threadTime returns the CPU time that the thread has used.
func threadTime() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		panic(err)
	}
	return time.Duration(now.Nano())
}

// BenchmarkRewrite decodes and rewrites a plugin of Go.
func BenchmarkRewrite(b *testing.B) {
	file := buildGuest(b, "../../bench/guests/noop")
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := rewrite(file); err != nil {
			b.Fatal(err)
		}
	}
}

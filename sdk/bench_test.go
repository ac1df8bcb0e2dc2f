// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk_test

import (
	"context"
	"encoding/json"
	"reflect"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/abi/record/recordjson"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/sdk/internal/plan"
	"github.com/wasm-controller-manager/wcm/sdk/testdata/pod"
)

// listed is how many pods the list benchmarks read.
const listed = 1000

// shelf answers get, list and batch with prepared bytes, so that a benchmark measures
// the guest.
type shelf struct{ record, list []byte }

func (s *shelf) Operate(_ context.Context, op abi.Operation, request, buffer []byte) (abi.Status, []byte) {
	switch op {
	case abi.OpList:
		return abi.StatusOK, append(buffer, s.list...)
	case abi.OpBatch:
		return abi.StatusOK, s.batch(request, buffer)
	}
	return abi.StatusOK, append(buffer, s.record...)
}

// batch answers each write with the record.
func (s *shelf) batch(request, buffer []byte) []byte {
	var m abi.BatchRequest
	if err := m.Decode(request); err != nil {
		panic(err)
	}
	result := abi.BatchResult{}
	for range max(1, int(m.Copies)) * len(m.Writes) {
		result.Results = append(result.Results, abi.WriteResult{Result: s.record})
	}
	return result.Append(buffer)
}

func (s *shelf) LogEnabled(context.Context, abi.Level) bool { return false }

func newShelf(b *testing.B) *shelf {
	b.Helper()
	p, err := plan.Project(reflect.TypeFor[pod.Pod]())
	if err != nil {
		b.Fatal(err)
	}
	s := &shelf{}
	if s.record, err = recordjson.FromJSON(p.Shape(), []byte(pod.JSON)); err != nil {
		b.Fatal(err)
	}
	for range listed {
		s.list = abi.AppendListItem(s.list, s.record)
	}
	return s
}

// measure runs f as often as the benchmark wants and reports the CPU time too,
// which a busy machine changes less.
func measure(b *testing.B, f func()) {
	b.Helper()
	b.ReportAllocs()
	f()
	before := cpu(b)
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
}

// cpu returns the CPU time of the process in nanoseconds.
func cpu(b *testing.B) int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// BenchmarkWasm runs the controllers of testdata/bench: subtract "nothing",
// the empty reconcile, from the others. The lists read 1,000 pods,
// create makes 20 of one template.
func BenchmarkWasm(b *testing.B) {
	wasm := build(b, "./testdata/bench")
	m := load(b, wasm)
	for i, name := range []string{"nothing", "get", "list", "all", "create"} {
		b.Run(name, func(b *testing.B) {
			instance := start(b, m)(newShelf(b), time.Now).(*guest.Instance)
			request := abi.Request{Controller: uint32(i), Namespace: "production", Name: "web-7d9f8b6c5-x2x9k"}
			fuel := uint64(0)
			measure(b, func() {
				if o, err := instance.Reconcile(b.Context(), request); err != nil || o.Verdict != abi.VerdictDone {
					b.Fatal(o, err)
				}
				fuel = instance.Fuel()
				if err := instance.Collect(b.Context()); err != nil {
					b.Fatal(err)
				}
			})
			b.ReportMetric(float64(fuel), "fuel/op") // of the last one
			b.ReportMetric(float64(len(wasm)), "module-B")
			b.ReportMetric(float64(instance.MemoryBytes()), "memory-B")
		})
	}
}

// BenchmarkDecode is what the guest's share of a Get takes natively.
func BenchmarkDecode(b *testing.B) {
	p, err := plan.Project(reflect.TypeFor[pod.Pod]())
	if err != nil {
		b.Fatal(err)
	}
	rec := string(newShelf(b).record)
	var h plan.Header
	b.Run("new", func(b *testing.B) {
		b.ReportMetric(float64(len(rec)), "record-B")
		measure(b, func() {
			if err := p.DecodeRecord(rec, &h, unsafe.Pointer(new(pod.Pod)), nil); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("again", func(b *testing.B) {
		object := new(pod.Pod)
		measure(b, func() {
			if err := p.DecodeAgain(rec, &h, unsafe.Pointer(object)); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("encoding-json", func(b *testing.B) {
		measure(b, func() {
			if err := json.Unmarshal([]byte(pod.JSON), new(map[string]any)); err != nil {
				b.Fatal(err)
			}
		})
	})
}

// BenchmarkPlan is what a type costs once.
func BenchmarkPlan(b *testing.B) {
	measure(b, func() {
		if _, err := plan.ProjectSettings(reflect.TypeFor[pod.Pod]()); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkJSON is what the body of a write takes natively.
func BenchmarkJSON(b *testing.B) {
	p, err := plan.Project(reflect.TypeFor[pod.Pod]())
	if err != nil {
		b.Fatal(err)
	}
	_, _, _, _, body, err := record.CutHeader(newShelf(b).record)
	if err != nil {
		b.Fatal(err)
	}
	object := new(pod.Pod)
	if err := p.Decode(string(body), unsafe.Pointer(object)); err != nil {
		b.Fatal(err)
	}
	var buffer []byte
	measure(b, func() {
		if buffer, err = plan.AppendJSON(buffer[:0], object); err != nil {
			b.Fatal(err)
		}
	})
}

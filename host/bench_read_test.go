// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/bench/benchtest"
	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/store"
)

// The controllers of bench/guests/reader.
const (
	readGet = iota
	readList
	readListByLabel
	readAll
	readAllByLabel
)

// readers are bench/guests/reader as two compilers make it.
var readers = []struct {
	name string
	wasm func(b *testing.B) []byte
}{
	{"go", func(b *testing.B) []byte { return benchBuild(b, "bench/guests/reader") }},
	{"tinygo", func(b *testing.B) []byte { return benchModule(b, "../bench/guests/reader/tinygo.wasm") }},
}

// BenchmarkGet is one cached read of a pod into the author's struct, among
// 10,000 pods: host call, lookup, transcoding, copy, decoding, and the
// collection of the guest's garbage. A reconcile does one hundred. The cache
// also has what another plugin reads, so the record must be transcoded.
func BenchmarkGet(b *testing.B) {
	h := benchReads(b, 10_000)
	for _, r := range readers {
		v := benchPlugin(b, h, r.name, r.wasm(b))
		b.Run(r.name, func(b *testing.B) { benchmarkRead(b, v, readGet, 100, "get") })
	}
}

// BenchmarkList is one pod of a cached list of 500, in the forms that the SDK
// has: all pods of the cache, and those of a label among five times as many;
// as a slice, and as an iterator.
func BenchmarkList(b *testing.B) {
	few, many := benchReads(b, 500), benchReads(b, 2500)
	for _, r := range readers {
		wasm := r.wasm(b)
		of, among := benchPlugin(b, few, r.name, wasm), benchPlugin(b, many, r.name, wasm)
		for _, c := range []struct {
			name       string
			v          *version
			controller uint32
		}{{"list", of, readList}, {"list-by-label", among, readListByLabel}, {"all", of, readAll}, {"all-by-label", among, readAllByLabel}} {
			b.Run(r.name+"/"+c.name, func(b *testing.B) { benchmarkRead(b, c.v, c.controller, 500, "object") })
		}
	}
}

func benchmarkRead(b *testing.B, v *version, controller uint32, reads int, unit string) {
	r := &reconciler{pool: v.pool, controller: controller, name: "read", supervisor: v.supervisor}
	namespace, name := benchtest.Key(0)
	attempt := control.Attempt{Key: control.Key{Namespace: namespace, Name: name}, ID: "1"}
	reconcile := func() {
		if outcome := r.Reconcile(b.Context(), attempt); outcome.Err != nil {
			b.Fatal(outcome.Err)
		}
	}
	reconcile() // has what is needed once behind it
	report := benchtest.Meter(b)
	for b.Loop() {
		reconcile()
	}
	report(reads, unit)
}

// benchReads returns a host whose cache has so many pods and, of each, also what
// a plugin beside the one that is measured reads.
func benchReads(b *testing.B, pods int) *Host {
	b.Helper()
	h := benchHostOf(b, benchtest.NewServer(pods, false).Config())
	shape, err := record.ParseShape("{metadata{annotations map<string>},spec{containers list<{image string,name string}>},status{podIP string}}")
	if err != nil {
		b.Fatal(err)
	}
	view, err := h.stores.Open(store.ViewOptions{
		Resource: schema.GroupVersionResource{Version: "v1", Resource: "pods"}, Kind: "Pod", Namespaced: true,
		Projection: &shape, Plugin: "neighbour",
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(view.Close)
	return h
}

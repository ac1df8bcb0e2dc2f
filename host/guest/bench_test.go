// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/guest"
	"github.com/wasm-controller-manager/wcm/host/module"
)

// BenchmarkReconcile is one request and its outcome: of a guest that does
// nothing, of one that calls an operation, and of one made with the Go SDK
// that looks for an object.
func BenchmarkReconcile(b *testing.B) {
	for _, c := range []struct {
		name string
		wasm func(b *testing.B) []byte
	}{
		{"empty", func(b *testing.B) []byte { return read(b, "minimal") }},
		{"operation", func(b *testing.B) []byte { return read(b, "operates") }},
		{"go", func(b *testing.B) []byte { return goGuest(b) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			o := guest.Options{Operator: answer(abi.StatusOK, nil)}
			if c.name == "go" {
				o.Operator = missing
			}
			i := instantiate(b, compile(b, open(b), c.wasm(b)), o)
			ctx, r := b.Context(), abi.Request{Namespace: "default", Name: "replicas-x7k2p", ID: "1"}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := i.Reconcile(ctx, r); err != nil {
					b.Fatal(err)
				}
				if err := i.Collect(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkNew is one instance, made and closed: initialized by itself, and as a
// copy of one.
func BenchmarkNew(b *testing.B) {
	const of = "deployment-controller"
	bundle := build(b, "../../plugins/bundle")
	replicas := goGuest(b)
	for _, c := range []struct {
		name string
		wasm []byte
		o    guest.Options
	}{
		{"minimal", read(b, "minimal"), guest.Options{}},
		{"go/initialized", notCopied(replicas), guest.Options{}},
		{"go/copied", replicas, guest.Options{}},
		{"bundle/initialized", notCopied(bundle), guest.Options{Controllers: []string{of}}},
		{"bundle/copied", bundle, guest.Options{Controllers: []string{of}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			m := compile(b, open(b), c.wasm)
			if err := instantiate(b, m, c.o).Close(b.Context()); err != nil { // what the first one takes is not counted
				b.Fatal(err)
			}
			for b.Loop() {
				i, err := guest.New(b.Context(), m, c.o)
				if err != nil {
					b.Fatal(err)
				}
				if err := i.Close(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// notCopied returns a module whose instances are no copies: it does not say that
// they may be.
func notCopied(wasm []byte) []byte {
	return bytes.ReplaceAll(wasm, []byte(abi.ExportRenew), []byte("wcm_other"))
}

// BenchmarkCompile is a Go guest from its bytes to a module, compiled, and
// loaded from the disk cache.
func BenchmarkCompile(b *testing.B) {
	wasm := goGuest(b)
	dir := b.TempDir()
	compileOnce(b, wasm, dir)
	for _, c := range []struct{ name, dir string }{{"cold", ""}, {"cached", dir}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				compileOnce(b, wasm, c.dir)
			}
		})
	}
}

func compileOnce(b *testing.B, wasm []byte, dir string) {
	c, err := module.OpenCompiler(b.Context(), module.Options{CacheDir: dir})
	if err != nil {
		b.Fatal(err)
	}
	m, err := c.Compile(b.Context(), wasm)
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(m.Close(b.Context()), c.Close(b.Context())); err != nil {
		b.Fatal(err)
	}
}

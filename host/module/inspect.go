// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// Digest identifies a module by its bytes: "sha256:" and 64 hexadecimal digits.
type Digest string

// DigestOf returns the digest of a file.
func DigestOf(file []byte) Digest {
	sum := sha256.Sum256(file)
	return Digest("sha256:" + hex.EncodeToString(sum[:]))
}

// Short returns the first twelve digits, enough for people to tell modules
// apart.
func (d Digest) Short() string {
	_, digits, _ := strings.Cut(string(d), ":")
	return digits[:min(len(digits), 12)]
}

// Info is what the bytes of a module say without running them.
type Info struct {
	Digest  Digest
	Size    int // of the file, in bytes
	ABI     int // the version of the contract that it speaks
	Imports []Function
	Exports []Function
	Memory  Memory
	// Copyable says that instances may be copies of one that is initialized,
	// see [Module.Snapshot].
	Copyable bool
}

// Function is an imported or exported function.
type Function struct {
	Module    string // of an import; empty for an export
	Name      string
	Signature Signature
}

// Memory is the declared size of a linear memory, in pages of 64 KiB.
type Memory struct {
	MinPages uint32
	MaxPages uint32 // 0: not declared
}

// HasExport reports whether the module exports the function.
func (i *Info) HasExport(name string) bool {
	for _, f := range i.Exports {
		if f.Name == name {
			return true
		}
	}
	return false
}

// Inspect reads a .wasm file to its last instruction and checks that it is
// within the limits and keeps the contract, as far as that can be seen without
// running or compiling it. The error is a [RefusedError].
func Inspect(file []byte, limits wasm.Limits) (*Info, error) {
	return inspect(file, DigestOf(file), limits)
}

func inspect(file []byte, d Digest, limits wasm.Limits) (*Info, error) {
	m, err := decode(file, limits)
	if err != nil {
		return nil, err
	}
	for _, check := range [...]func(*wasm.Module) error{checkCommand, checkVersion, checkImports, checkExports, checkMemory} {
		if err := check(m); err != nil {
			return nil, err
		}
	}
	info := &Info{Digest: d, Size: len(file), ABI: abi.Version, Copyable: copyable(m)}
	info.Memory.MinPages = m.Memories[0].Min
	if m.Memories[0].HasMax {
		info.Memory.MaxPages = m.Memories[0].Max
	}
	for _, i := range m.Imports {
		info.Imports = append(info.Imports, Function{Module: i.Module, Name: i.Name, Signature: signatureOf(m, i.Index)})
	}
	for _, e := range m.Exports {
		if e.Kind == wasm.ExternalFunction {
			info.Exports = append(info.Exports, Function{Name: e.Name, Signature: signatureOf(m, e.Index)})
		}
	}
	return info, nil
}

// kindReasons are the reasons of the kinds of error that decoding has.
var kindReasons = map[wasm.Kind]Reason{
	wasm.NotWasm:     NotWasm,
	wasm.Truncated:   Truncated,
	wasm.Malformed:   Malformed,
	wasm.Unsupported: Unsupported,
	wasm.OverLimit:   OverLimit,
}

func decode(file []byte, limits wasm.Limits) (*wasm.Module, error) {
	m, err := wasm.Decode(file, limits)
	if wrong, ok := errors.AsType[*wasm.Error](err); ok {
		return nil, &RefusedError{Reason: kindReasons[wrong.Kind], Cause: wrong}
	}
	return m, err
}

func signatureOf(m *wasm.Module, function uint32) Signature {
	return Signature(m.FuncType(function).String())
}

// describe says what an import or export is: its signature, or its kind.
func describe(m *wasm.Module, kind wasm.External, index uint32) string {
	if kind == wasm.ExternalFunction {
		return string(signatureOf(m, index))
	}
	return "a " + kind.String()
}

func export(m *wasm.Module, name string) (wasm.Export, bool) {
	for _, e := range m.Exports {
		if e.Name == name {
			return e, true
		}
	}
	return wasm.Export{}, false
}

// checkCommand refuses a program that runs once from _start to its exit. A
// module may have both: then it is a reactor that can also be run.
func checkCommand(m *wasm.Module) error {
	_, start := export(m, "_start")
	_, initialize := export(m, abi.ExportInitialize)
	if start && !initialize {
		return refuse(WASICommand, "is a WASI command, not a plugin: build it as a reactor, for Go with -buildmode=c-shared")
	}
	return nil
}

func checkVersion(m *wasm.Module) error {
	var others []string
	for _, e := range m.Exports {
		if e.Name == abi.Marker {
			return nil
		}
		digits, isMarker := strings.CutPrefix(e.Name, abi.MarkerPrefix)
		if _, err := strconv.ParseUint(digits, 10, 32); isMarker && err == nil {
			others = append(others, digits)
		}
	}
	if len(others) == 0 {
		return refuse(OtherVersion, "exports no %s: it is no plugin", abi.Marker)
	}
	return refuse(OtherVersion, "speaks ABI version %s, this host speaks %d", strings.Join(others[:min(len(others), 5)], " and "), abi.Version)
}

// checkImports names everything that the host cannot give, so that one look
// is enough.
func checkImports(m *wasm.Module) error {
	var unknown, wrong []string
	for _, i := range m.Imports {
		is := describe(m, i.Kind, i.Index)
		want, known := hostFunction(i.Module, i.Name)
		switch {
		case !known:
			unknown = append(unknown, fmt.Sprintf("%s.%s %s", i.Module, i.Name, is))
		case is != string(want):
			wrong = append(wrong, fmt.Sprintf("%s.%s %s instead of %s", i.Module, i.Name, is, want))
		}
	}
	return refuseSymbols(ImportsDiffer,
		clause{"imports what this host does not have", unknown},
		clause{"imports with a wrong signature", wrong})
}

func checkExports(m *wasm.Module) error {
	var missing, wrong []string
	for _, want := range wantedExports {
		e, found := export(m, want.name)
		if !found {
			if !want.optional {
				missing = append(missing, fmt.Sprintf("%s %s", want.name, want.signature))
			}
			continue
		}
		if is := describe(m, e.Kind, e.Index); is != string(want.signature) {
			wrong = append(wrong, fmt.Sprintf("%s %s instead of %s", want.name, is, want.signature))
		}
	}
	return refuseSymbols(ExportsDiffer,
		clause{"lacks exports", missing},
		clause{"exports with a wrong signature", wrong})
}

func checkMemory(m *wasm.Module) error {
	if e, found := export(m, abi.Memory); !found || e.Kind != wasm.ExternalMemory {
		return refuse(ExportsDiffer, "exports no memory: expected one of the name %q", abi.Memory)
	}
	return nil
}

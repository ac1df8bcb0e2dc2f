// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Digest identifies a module by its bytes: "sha256:" and 64 hexadecimal digits.
type Digest string

// DigestOf returns the digest of a file.
func DigestOf(wasm []byte) Digest {
	sum := sha256.Sum256(wasm)
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

// Inspect reads a .wasm file and checks that it keeps the contract as far as
// that can be seen without running or compiling it. The error is a
// [RefusedError].
func Inspect(wasm []byte) (*Info, error) {
	f, err := parse(wasm)
	if err != nil {
		return nil, err
	}
	for _, check := range [...]func(*file) error{checkCommand, checkVersion, checkImports, checkExports, checkMemory} {
		if err := check(f); err != nil {
			return nil, err
		}
	}
	info := &Info{Digest: DigestOf(wasm), Size: len(wasm), ABI: abi.Version, Memory: f.memories[0]}
	for _, s := range f.imports {
		info.Imports = append(info.Imports, Function{Module: s.module, Name: s.name, Signature: s.signature})
	}
	for _, s := range f.exports {
		if s.kind == kindFunction {
			info.Exports = append(info.Exports, Function{Name: s.name, Signature: s.signature})
		}
	}
	return info, nil
}

func (f *file) export(name string) (symbol, bool) {
	for _, s := range f.exports {
		if s.name == name {
			return s, true
		}
	}
	return symbol{}, false
}

// checkCommand refuses a program that runs once from _start to its exit. A
// module may have both: then it is a reactor that can also be run.
func checkCommand(f *file) error {
	_, start := f.export("_start")
	_, initialize := f.export(abi.ExportInitialize)
	if start && !initialize {
		return refuse(WASICommand, "is a WASI command, not a plugin: build it as a reactor, for Go with -buildmode=c-shared")
	}
	return nil
}

func checkVersion(f *file) error {
	var others []string
	for _, s := range f.exports {
		if s.name == abi.Marker {
			return nil
		}
		digits, isMarker := strings.CutPrefix(s.name, abi.MarkerPrefix)
		if _, err := strconv.ParseUint(digits, 10, 32); isMarker && err == nil {
			others = append(others, digits)
		}
	}
	if len(others) == 0 {
		return refuse(OtherVersion, "exports no %s: it is no plugin", abi.Marker)
	}
	return refuse(OtherVersion, "speaks ABI version %s, this host speaks %d", strings.Join(others, " and "), abi.Version)
}

// checkImports names everything that the host cannot give, so that one look
// is enough.
func checkImports(f *file) error {
	var unknown, wrong []string
	for _, s := range f.imports {
		want, known := hostFunction(s.module, s.name)
		switch {
		case !known:
			unknown = append(unknown, fmt.Sprintf("%s.%s %s", s.module, s.name, s.describe()))
		case s.kind != kindFunction || s.signature != want:
			wrong = append(wrong, fmt.Sprintf("%s.%s %s instead of %s", s.module, s.name, s.describe(), want))
		}
	}
	return refuseSymbols(ImportsDiffer,
		clause{"imports what this host does not have", unknown},
		clause{"imports with a wrong signature", wrong})
}

func checkExports(f *file) error {
	var missing, wrong []string
	for _, want := range wantedExports {
		s, found := f.export(want.name)
		switch {
		case !found && !want.optional:
			missing = append(missing, fmt.Sprintf("%s %s", want.name, want.signature))
		case found && (s.kind != kindFunction || s.signature != want.signature):
			wrong = append(wrong, fmt.Sprintf("%s %s instead of %s", want.name, s.describe(), want.signature))
		}
	}
	return refuseSymbols(ExportsDiffer,
		clause{"lacks exports", missing},
		clause{"exports with a wrong signature", wrong})
}

func checkMemory(f *file) error {
	if s, found := f.export(abi.Memory); !found || s.kind != kindMemory {
		return refuse(ExportsDiffer, "exports no memory: expected one of the name %q", abi.Memory)
	}
	return nil
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// buildHollow compiles a module into the stage of an engine, and returns what
// its code is loaded with: the module without the bodies of its functions.
//
// What has code needs no bodies, but wazero would decode and validate them at
// each load, and keep them. It finds code by the sum of a module, so the
// hollow module is compiled as well, which takes a moment, and its code is
// replaced by that of the whole one. So the hollow module must tell whole ones
// apart that differ in a body only.
func (e *engine) buildHollow(ctx context.Context, wasm []byte, stage string) (hollowed []byte, err error) {
	if _, err = e.compile(ctx, wasm, compileWorkers); err != nil {
		return nil, err
	}
	whole, err := codesIn(stage, 1)
	if err != nil {
		return nil, err
	}
	hollowed = hollow(wasm)
	if _, err = e.compile(ctx, hollowed, compileWorkers); err != nil {
		return nil, err
	}
	both, err := codesIn(stage, 2)
	if err != nil {
		return nil, err
	}
	return hollowed, os.Rename(whole[0], both[1-slices.Index(both, whole[0])])
}

// codesIn returns the files of code that wazero has left in a stage.
func codesIn(stage string, want int) ([]string, error) {
	codes, err := filepath.Glob(filepath.Join(stage, "wazero-*", "*"))
	if err != nil || len(codes) != want { // the pattern is right
		return nil, fmt.Errorf("%d files of code, expected %d", len(codes), want)
	}
	return codes, nil
}

// unreachable is an entry of the code section that is valid for a function of
// any type: its size, no locals, unreachable, end.
var unreachable = []byte{3, 0, 0x00, 0x0b}

// hollow returns a module that differs in the bodies of its functions, and has
// the sum of the whole one in a custom section.
func hollow(file []byte) []byte {
	const name = "wcm.whole"
	emptied := replaceSection(file, wasm.SectionCode, func(content []byte) []byte {
		count, n := binary.Uvarint(content)
		return section(wasm.SectionCode, content[:n], bytes.Repeat(unreachable, int(count)))
	})
	sum := sha256.Sum256(file)
	return append(emptied, section(wasm.SectionCustom, []byte{byte(len(name))}, []byte(name), sum[:])...)
}

// section returns a section that has the parts of its content.
func section(number byte, parts ...[]byte) []byte {
	content := slices.Concat(parts...)
	return slices.Concat([]byte{number}, binary.AppendUvarint(nil, uint64(len(content))), content)
}

// withoutData returns a module without its data section.
func withoutData(file []byte) []byte {
	return replaceSection(file, wasm.SectionData, func([]byte) []byte { return nil })
}

// replaceSection returns a module in which another section, or none, stands for
// the one with a number, given the content of that. The module is one that the
// rewriter wrote, so it is well-formed.
func replaceSection(file []byte, number byte, by func(content []byte) []byte) []byte {
	const header = 8
	for at := header; at < len(file); {
		size, n := binary.Uvarint(file[at+1:])
		start := at + 1 + n
		end := start + int(size)
		if file[at] == number {
			return slices.Concat(file[:at], by(file[start:end]), file[end:])
		}
		at = end
	}
	return file
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command words counts words: the guest of the differential test, in Go. The
// test builds it with the standard toolchain; words_tinygo.wasm was built with
//
//	tinygo build -target=wasip1 -buildmode=c-shared -no-debug -o words_tinygo.wasm ./words
package main

import (
	"fmt"
	"sort"
	"strings"
	"unsafe"
)

var buffers [][]byte // so that they stay

func pointer(b []byte) uint32 {
	buffers = append(buffers, b)
	return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(b))))
}

//go:wasmexport alloc
func alloc(n uint32) uint32 { return pointer(make([]byte, n)) }

//go:wasmexport run
func run(_, _ uint32) uint64 {
	text := string(buffers[len(buffers)-1])
	words := map[string]int{}
	for _, word := range strings.Split(text, " ") {
		words[word]++
	}
	sorted := make([]string, 0, len(words))
	for word := range words {
		sorted = append(sorted, word)
	}
	sort.Slice(sorted, func(i, j int) bool {
		a, b := sorted[i], sorted[j]
		if words[a] != words[b] {
			return words[a] > words[b]
		}
		return a < b
	})
	var out strings.Builder
	for _, word := range sorted {
		fmt.Fprintf(&out, "%s=%d\n", word, words[word])
	}
	fmt.Fprintf(&out, "mean %.6f, %v", float64(len(text))/float64(len(words)), recovered(sorted))
	result := []byte(out.String())
	return uint64(pointer(result))<<32 | uint64(len(result))
}

// recovered panics deep down, if the toolchain can recover.
func recovered(words []string) (message any) {
	if !canRecover {
		return ""
	}
	defer func() { message = recover() }()
	return words[len(words)+deep(1000)]
}

func deep(n int) int {
	if n == 0 {
		return 0
	}
	return deep(n-1) / 1
}

func main() {}

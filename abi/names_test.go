// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi_test

import (
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
)

func TestPack(t *testing.T) {
	for _, c := range []struct {
		status abi.Status
		length uint32
		want   uint64
	}{
		{abi.StatusOK, 5, 5},
		{abi.StatusNotFound, 2, 0x1_0000_0002},
		{abi.StatusInternal, 1<<32 - 1, 0x10_ffff_ffff},
	} {
		got := abi.PackResult(c.status, c.length)
		if status, length := abi.UnpackResult(got); got != c.want || status != c.status || length != c.length {
			t.Errorf("PackResult(%v, %d) = %#x, which unpacks to %v, %d; want %#x", c.status, c.length, got, status, length, c.want)
		}
	}
	got := abi.PackRange(0x1000, 16)
	if address, length := abi.UnpackRange(got); got != 0x1000_0000_0010 || address != 0x1000 || length != 16 {
		t.Errorf("PackRange(0x1000, 16) = %#x, which unpacks to %#x, %d", got, address, length)
	}
}

func TestOperations(t *testing.T) {
	writes := 0
	for op := range abi.Operation(abi.Operations) {
		if op.String() == "unknown" || op.String() == "" {
			t.Errorf("operation %d has no name", op)
		}
		if op.Write() {
			writes++
		}
	}
	if writes != 6 {
		t.Errorf("%d operations write, want create, update, patch, apply, delete, delete_collection", writes)
	}
	if got := abi.Operation(abi.Operations).String(); got != "unknown" {
		t.Errorf("an operation behind the last is %q, want unknown", got)
	}
	if got := abi.Status(abi.Statuses).String(); got != "unknown" {
		t.Errorf("a status behind the last is %q, want unknown", got)
	}
	if got := abi.Verdict(3).String(); got != "unknown" {
		t.Errorf("a verdict behind the last is %q, want unknown", got)
	}
}

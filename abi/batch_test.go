// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abi_test

import (
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
)

// TestBatchIsBounded: two bytes of a message must not become a large write each
// without end.
func TestBatchIsBounded(t *testing.T) {
	m := abi.BatchRequest{Operation: "create", Writes: make([]abi.WriteRequest, abi.MaxBatch+1)}
	if err := m.Decode(m.Append(nil)); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("decode %d writes: error %v, want that they are too many", abi.MaxBatch+1, err)
	}
	m.Writes = make([]abi.WriteRequest, abi.MaxBatch)
	if err := m.Decode(m.Append(nil)); err != nil || len(m.Writes) != abi.MaxBatch {
		t.Errorf("decode %d writes: got %d, error %v", abi.MaxBatch, len(m.Writes), err)
	}
}

func TestWriteNamed(t *testing.T) {
	for op := range abi.Operation(abi.Operations) {
		if got, found := abi.WriteNamed(op.String()); found != op.Write() || found && got != op {
			t.Errorf("WriteNamed(%s): got %s, %v", op, got, found)
		}
	}
}

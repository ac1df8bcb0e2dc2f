// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import "github.com/wasm-controller-manager/wcm/abi"

// batch performs writes one after the other.
func (e *Env) batch(m *abi.BatchRequest, buffer []byte) ([]byte, error) {
	op, found := abi.WriteNamed(m.Operation)
	copies := max(1, int(m.Copies))
	switch {
	case !found:
		return nil, badRequest("batch: %q is no write", m.Operation)
	case len(m.Writes) > abi.MaxBatch/copies:
		return nil, badRequest("batch: %d writes, %d times, are too many", len(m.Writes), copies)
	}
	result := abi.BatchResult{}
	for _, w := range m.Writes {
		for range copies {
			one := w // an operation keeps its request
			written, err := e.write(op, &one, nil)
			var r abi.WriteResult
			r.Status, r.Result = answer(written, err, nil)
			result.Results = append(result.Results, r)
		}
	}
	return result.Append(buffer), nil
}

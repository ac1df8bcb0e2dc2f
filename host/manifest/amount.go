// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package manifest

// Amount is a number, or a multiple of one that a flag gives. The zero Amount is
// just what the flag gives.
type Amount struct {
	// Number is the number. 0: it is a multiple.
	Number float64
	// Times is how many times the flag's it is. 0: once.
	Times float64
}

// Of returns the number if the flag's is so much.
func (a Amount) Of(flag float64) float64 {
	switch {
	case a.Number > 0:
		return a.Number
	case a.Times > 0:
		return a.Times * flag
	}
	return flag
}

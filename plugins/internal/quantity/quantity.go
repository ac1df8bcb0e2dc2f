// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package quantity computes with Kubernetes' quantities, "500m" or "32Gi",
// exactly: to a billionth, which is as fine as they are, and without math/big,
// which would make a module larger.
package quantity

import (
	"cmp"
	"math"
	"math/bits"
)

// Quantity is an amount of something that is never negative. It adds up
// without overflow as long as there are fewer than ten billion of them. The zero
// value is nothing at all.
type Quantity struct {
	hi, lo uint64 // billionths
	form   form
}

// form is how a quantity is written.
type form uint8

const (
	decimal     form = iota // 500m, 2k
	binary                  // 32Gi
	exponential             // 12e6
)

const billion = 1e9

// most is what stands for anything that is too large to compute with.
var most = Of(math.MaxInt64)

// Of returns a number of things.
func Of(n uint64) Quantity {
	var q Quantity
	q.hi, q.lo = bits.Mul64(n, billion)
	return q
}

// Add returns the sum, written as the first of both that is not zero.
func (q Quantity) Add(other Quantity) Quantity {
	sum := q
	if q.IsZero() {
		sum.form = other.form
	}
	var carry uint64
	sum.lo, carry = bits.Add64(q.lo, other.lo, 0)
	sum.hi, _ = bits.Add64(q.hi, other.hi, carry)
	return sum
}

// Cmp returns -1, 0 or 1 as q is less than, equal to or more than the other.
func (q Quantity) Cmp(other Quantity) int {
	return cmp.Or(cmp.Compare(q.hi, other.hi), cmp.Compare(q.lo, other.lo))
}

// IsZero reports whether the quantity is nothing.
func (q Quantity) IsZero() bool { return q.hi|q.lo == 0 }

// Ceil returns the quantity, rounded up to a whole number.
func (q Quantity) Ceil() Quantity {
	whole, rest := q.divide(billion)
	if rest == 0 {
		return q
	}
	up, _ := whole.multiply(billion)
	return Quantity{form: q.form}.Add(up).Add(Quantity{lo: billion})
}

// multiply returns the product, and whether there is room for it.
func (q Quantity) multiply(by uint64) (product Quantity, ok bool) {
	over, high := bits.Mul64(q.hi, by)
	carry, low := bits.Mul64(q.lo, by)
	high, more := bits.Add64(high, carry, 0)
	return Quantity{high, low, q.form}, over+more == 0
}

// divide returns the quotient and the rest.
func (q Quantity) divide(by uint64) (quotient Quantity, rest uint64) {
	quotient.form = q.form
	quotient.hi, rest = q.hi/by, q.hi%by
	quotient.lo, rest = bits.Div64(rest, q.lo, by)
	return quotient, rest
}

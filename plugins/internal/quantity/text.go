// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package quantity

import (
	"strconv"
	"strings"
)

const (
	decimals = "num kMGTPE" // the suffixes of powers of 1000, from billionths; a blank is none
	binaries = "KMGTPE"     // the first letters of the suffixes of powers of 1024
	ones     = 3            // the place of the blank
)

// Parse reads a quantity. One that is malformed or negative, which the API
// server admits none of where things are counted, is zero; one that is
// much too large is 2^63-1, the largest that Kubernetes computes with; and what is finer than a billionth is rounded
// up.
func Parse(text string) Quantity {
	end := len(text) - len(strings.TrimLeft(text, "0123456789.+"))
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text[:end], "+"), ".")
	form, kilo, tens, ok := parseSuffix(text[end:])
	if whole+fraction == "" || !ok {
		return Quantity{}
	}
	q := Quantity{}
	for _, digit := range []byte(whole + fraction) {
		if digit < '0' || digit > '9' {
			return Quantity{}
		}
		if q, ok = q.multiply(10); !ok {
			return Quantity{most.hi, most.lo, form}
		}
		q = q.Add(Quantity{lo: uint64(digit - '0')})
	}
	q.form = form
	return q.scale(kilo, tens+9-len(fraction))
}

// scale multiplies by powers of 1024 and of 10.
func (q Quantity) scale(kilo, tens int) Quantity {
	for kilo > 0 || tens > 0 {
		by := uint64(10)
		if kilo > 0 {
			by, kilo = 1024, kilo-1
		} else {
			tens--
		}
		product, ok := q.multiply(by)
		if !ok {
			return Quantity{most.hi, most.lo, q.form}
		}
		q = product
	}
	cut := false
	for ; tens < 0; tens++ {
		var rest uint64
		q, rest = q.divide(10)
		cut = cut || rest > 0
	}
	if cut {
		f := q.form
		q = q.Add(Quantity{lo: 1})
		q.form = f
	}
	return q
}

// parseSuffix returns the powers of 1024 and of 10 that a suffix stands for.
func parseSuffix(suffix string) (f form, kilo, tens int, ok bool) {
	switch {
	case suffix == "":
		return decimal, 0, 0, true
	case len(suffix) == 1:
		at := strings.Index(decimals, suffix)
		return decimal, 0, (at - ones) * 3, at >= 0 && at != ones
	case len(suffix) == 2 && suffix[1] == 'i':
		at := strings.IndexByte(binaries, suffix[0])
		return binary, at + 1, 0, at >= 0
	case suffix[0] == 'e' || suffix[0] == 'E':
		tens, err := strconv.Atoi(suffix[1:])
		return exponential, 0, max(-100, min(tens, 100)), err == nil
	}
	return decimal, 0, 0, false
}

// String returns the quantity as Kubernetes prints it: without a fraction, with
// the largest suffix that allows for it.
func (q Quantity) String() string {
	if q.IsZero() {
		return "0"
	}
	// In the binary form there are no fractions.
	if whole, rest := q.divide(billion); q.form == binary && rest == 0 && q.Cmp(Of(1024)) >= 0 {
		number, kilos := whole.reduce(1024, len(binaries))
		if kilos == 0 {
			return number.digits()
		}
		return number.digits() + binaries[kilos-1:kilos] + "i"
	}
	number, thousands := q.reduce(1000, len(decimals)-1)
	switch {
	case thousands == ones:
		return number.digits()
	case q.form == exponential:
		return number.digits() + "e" + strconv.Itoa((thousands-ones)*3)
	}
	return number.digits() + decimals[thousands:thousands+1]
}

// reduce divides as often as it can without rest, up to limit times.
func (q Quantity) reduce(by uint64, limit int) (reduced Quantity, times int) {
	for times < limit {
		quotient, rest := q.divide(by)
		if rest > 0 {
			break
		}
		q, times = quotient, times+1
	}
	return q, times
}

// digits writes the number of billionths.
func (q Quantity) digits() string {
	if q.hi == 0 {
		return strconv.FormatUint(q.lo, 10)
	}
	high, low := q.divide(1e18)
	tail := strconv.FormatUint(low, 10)
	return high.digits() + strings.Repeat("0", 18-len(tail)) + tail
}

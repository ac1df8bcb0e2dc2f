// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
)

// literal is a scalar as the file has it, "" if it has none. A type that reads
// itself could not name its field in the error.
type literal string

// UnmarshalJSON takes strings and numbers.
func (l *literal) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) != nil {
		text = string(b)
	}
	*l = literal(text)
	return nil
}

func (l literal) wrong(field, expected string) error {
	return fmt.Errorf("%s: got %q, expected %s", field, string(l), expected)
}

func (l literal) missing() bool { return l == "" || l == "null" }

// duration reads a positive duration.
func (l literal) duration(field string, into *time.Duration) error {
	if err := l.durationOrZero(field, into); err != nil || l.missing() || *into > 0 {
		return err
	}
	return l.wrong(field, "a duration above 0, 30s for example")
}

func (l literal) durationOrZero(field string, into *time.Duration) error {
	if l.missing() {
		return nil
	}
	d, err := time.ParseDuration(string(l))
	if err != nil || d < 0 {
		return l.wrong(field, "a duration, 30s for example")
	}
	*into = d
	return nil
}

// bytes reads a positive size.
func (l literal) bytes(field string, into *int64) error {
	if l.missing() {
		return nil
	}
	q, err := resource.ParseQuantity(string(l))
	size, whole := q.AsInt64()
	if err != nil || !whole || size <= 0 {
		return l.wrong(field, "a size in bytes above 0, 64Mi for example")
	}
	*into = size
	return nil
}

// count reads a positive whole number.
func (l literal) count(field string, into *int) error {
	if l.missing() {
		return nil
	}
	n, err := strconv.ParseInt(string(l), 10, 32)
	if err != nil || n <= 0 {
		return l.wrong(field, "a whole number above 0")
	}
	*into = int(n)
	return nil
}

// rate reads a positive number.
func (l literal) rate(field string, into *float64) error {
	if l.missing() {
		return nil
	}
	n, err := strconv.ParseFloat(string(l), 64)
	if err != nil || !(n > 0 && n < 1e9) { // not NaN either
		return l.wrong(field, "a number above 0")
	}
	*into = n
	return nil
}

// amount reads a positive number, or a multiple.
func (l literal) amount(field string, into *Amount) error {
	number, multiple := strings.CutSuffix(string(l), "x")
	var n float64
	if err := literal(number).rate(field, &n); err != nil || multiple && n == 0 {
		return l.wrong(field, "a number above 0, or a multiple of what the flag says, 2x for example")
	}
	if multiple {
		*into = Amount{Times: n}
	} else {
		*into = Amount{Number: n}
	}
	return nil
}

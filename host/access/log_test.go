// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
)

func TestShorten(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, c := range []struct {
		reason  string
		line    abi.Log
		want    abi.Log
		dropped int
	}{
		{"what fits", abi.Log{Message: "hello", Attributes: []abi.Pair{{Key: "a", Value: "b"}}},
			abi.Log{Message: "hello", Attributes: []abi.Pair{{Key: "a", Value: "b"}}}, 0},
		{"a long message leaves nothing for attributes", abi.Log{Message: long, Attributes: []abi.Pair{{Key: "a", Value: "b"}}},
			abi.Log{Message: long[:20], Attributes: []abi.Pair{}}, 82},
		{"a long value, and what comes after it", abi.Log{Message: "hello", Attributes: []abi.Pair{{Key: "a", Value: long}, {Key: "b", Value: "c"}}},
			abi.Log{Message: "hello", Attributes: []abi.Pair{{Key: "a", Value: long[:12]}}}, 90},
		{"a key is whole or not there", abi.Log{Message: "hello", Attributes: []abi.Pair{{Key: long, Value: "b"}, {Key: "b", Value: "c"}}},
			abi.Log{Message: "hello", Attributes: []abi.Pair{}}, 103},
		{"not in the middle of a character", abi.Log{Message: strings.Repeat("é", 9) + "xé"},
			abi.Log{Message: strings.Repeat("é", 9) + "x"}, 2},
		{"many attributes of nothing", abi.Log{Attributes: make([]abi.Pair, 1000)},
			abi.Log{Attributes: make([]abi.Pair, 9)}, 0},
	} {
		dropped := shorten(&c.line, 20)
		if d := cmp.Diff(c.want, c.line); d != "" || dropped != c.dropped {
			t.Errorf("%s: %d bytes dropped, want %d; (-want +got):\n%s", c.reason, dropped, c.dropped, d)
		}
	}
}

// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package quantity

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
)

// TestAsKubernetes compares parsing, printing, sums, comparison and rounding
// with Kubernetes' own.
func TestAsKubernetes(t *testing.T) {
	texts := []string{
		"0", "1", "+1", "500m", "0.5", ".5", "5.", "1.5Gi", "1Ki", "1023", "1024", "1025Ki", "1k", "1000k", "1e3", "12e6", "1E", "1E3", "3Ei", "0.1Ki", "100n", "1n", "0.1n",
		"1.0000000001", "0.00000000001", "1500u", "9223372036854775806", "7Ei", "9E", "1e-3", "1e-12", "0Gi", "1.5", "0.3Ki", "1.1Mi", "512.5Mi", "1023.5Ki",
	}
	random := rand.New(rand.NewPCG(1, 2))
	suffixes := []string{"", "n", "u", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "e3", "e-3", "E4"}
	for range 500 {
		text := strconv.Itoa(random.IntN(100000))
		if random.IntN(2) == 0 {
			text += "." + strconv.Itoa(random.IntN(100000))
		}
		texts = append(texts, text+suffixes[random.IntN(len(suffixes))])
	}
	for i, text := range texts {
		want, got := resource.MustParse(text), Parse(text)
		canonical := want.DeepCopy()
		canonical.Add(resource.Quantity{}) // without the text that it was parsed from
		if got.String() != canonical.String() {
			t.Errorf("Parse(%q): got %s, want %s", text, got, canonical.String())
		}
		other := texts[(i*7+3)%len(texts)]
		otherWant, otherGot := resource.MustParse(other), Parse(other)
		if g, w := got.Cmp(otherGot), want.Cmp(otherWant); g != w {
			t.Errorf("%s compared with %s: got %d, want %d", text, other, g, w)
		}
		sum := want.DeepCopy()
		sum.Add(otherWant)
		if g := got.Add(otherGot).String(); g != sum.String() {
			t.Errorf("%s + %s: got %s, want %s", text, other, g, sum.String())
		}
		up := want.DeepCopy()
		up.RoundUp(0)
		if g := got.Ceil(); g.Cmp(Parse(up.String())) != 0 {
			t.Errorf("Ceil of %s: got %s, want %s", text, g, up.String())
		}
	}
}

func TestMalformed(t *testing.T) {
	for _, text := range []string{"", " ", "x", "1x", "1Kii", "1.2.3", "-1", "i", "Ki", "1e", "1e+x", "1 ", "+"} {
		if got := Parse(text); !got.IsZero() {
			t.Errorf("Parse(%q): got %s, want 0", text, got)
		}
	}
	for _, text := range []string{"99999999999999999999999999999999999999999999", "1e40", "9999999999999999999Ei"} {
		if got, want := Parse(text), Of(math.MaxInt64); got.Cmp(want) != 0 {
			t.Errorf("Parse(%q): got %s, want %s", text, got, want)
		}
	}
}

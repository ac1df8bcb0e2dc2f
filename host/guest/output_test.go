// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"strings"
	"testing"
)

const outputLimit = 100

func TestOutput(t *testing.T) {
	long := strings.Repeat("x", outputLimit)
	for _, c := range []struct {
		reason string
		writes []string
		want   string
	}{
		{"what fits is kept whole", []string{"a\n", "b"}, "a\nb"},
		{"an incomplete first line goes when something was dropped", []string{"dropped", long[:outputLimit-3], "\nb\n"}, "b\n"},
		{"a line longer than the limit keeps its end", []string{"a\n", "b" + long}, long},
		{"its line end does not hide it", []string{"b" + long + "\n"}, long[1:] + "\n"},
	} {
		o := &output{limit: outputLimit}
		for _, w := range c.writes {
			if n, err := o.Write([]byte(w)); n != len(w) || err != nil {
				t.Fatalf("%s: Write of %d bytes = %d, %v", c.reason, len(w), n, err)
			}
		}
		if got := string(o.text()); got != c.want {
			t.Errorf("%s: text is %d bytes ending in %q, want %d bytes ending in %q",
				c.reason, len(got), tail(got), len(c.want), tail(c.want))
		}
	}
}

func tail(s string) string { return s[max(len(s)-10, 0):] }

// TestOutputBounded checks that a chatty guest costs a bounded buffer.
func TestOutputBounded(t *testing.T) {
	o := &output{limit: outputLimit}
	for range 1_000_000 {
		_, _ = o.Write([]byte("line\n"))
	}
	if got := cap(o.buffer); got > 4*outputLimit {
		t.Errorf("the buffer has %d bytes after a million lines", got)
	}
	if got := len(o.text()); got > outputLimit || got < outputLimit-10 {
		t.Errorf("text of %d bytes, want about %d", got, outputLimit)
	}
}

func TestHeadline(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "",
		"one\n\n  two \n\n":                 "two",
		"x\npanic: it hurts\n\ngoroutine 1": "panic: it hurts",
		"\xff\xfe":                          "\ufffd",
		strings.Repeat("é", 150):            strings.Repeat("é", 100) + "…",
	} {
		if got := headline(text); got != want {
			t.Errorf("headline(%q) = %q, want %q", text, got, want)
		}
	}
}
